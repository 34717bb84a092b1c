"""Reads a training YAML before training: problems found, fixes written back."""
