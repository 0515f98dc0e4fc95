"""Mails that leave the house: what one is, and the ways out."""
