"""What the guard survives, in real trainings: a fault is made, and what became of it is measured.

    python -m benchmarks.faults [--dir DIR] [NAME ...]

Each fault is a short PaddleOCR training (the kit's data and model) to which something is done:
a disk that is full, a port that is taken, a hook that calls ``sys.exit``, a parent that is killed.
Three things are measured. What became of the *training*: the weights at its end are compared bit
for bit with those of the same training without a guard. What the user *saw*: the line of the log.
What was *lost*: the evaluations and steps that should stand in the journal and do not; a loss that
no line tells of is a loss in silence. The table goes to RESULTS.md; each row is a test
(``tests/faults``).
"""
