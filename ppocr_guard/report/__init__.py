"""HTML report and terminal view of a run."""
