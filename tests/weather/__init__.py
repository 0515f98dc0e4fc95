"""Bad weather between the worker and a real CRM: what was approved arrives once, and what was taken back is gone."""
