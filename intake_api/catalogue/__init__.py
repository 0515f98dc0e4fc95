"""Reads and checks what may be asked, and why; gives frozen dataclasses and renders notices."""
