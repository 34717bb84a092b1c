"""What the guard costs a real training, measured in pairs: with it and without it."""
