"""The intake service: consent, evidence, leads, review and delivery."""
