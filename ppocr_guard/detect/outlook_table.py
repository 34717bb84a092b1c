"""Written by ``python -m benchmarks.detection.outlook --write``; not by hand."""

COEFFICIENTS = (3.1812, 1.0043, -0.7404, 0.9960)
# Upper end of the chance, dips of real runs, how many of these came back.
OUTCOMES = (
    (0.2, 17, 2),
    (0.3, 26, 7),
    (0.4, 37, 13),
    (0.5, 45, 21),
    (0.6, 53, 33),
    (0.7, 62, 42),
    (0.8, 101, 75),
    (0.9, 221, 190),
    (0.95, 254, 241),
    (1, 154, 151),
)
