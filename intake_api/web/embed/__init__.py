"""What other pages take from us: the chat widget."""
