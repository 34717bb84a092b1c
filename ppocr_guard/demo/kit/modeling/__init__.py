"""Models of the training kit."""
