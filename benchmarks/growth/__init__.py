"""What the guard needs as runs, logs and data sets grow."""
