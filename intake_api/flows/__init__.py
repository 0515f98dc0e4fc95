"""What the service does: one verb, one file, one transaction. Each file's public function bears its name."""
