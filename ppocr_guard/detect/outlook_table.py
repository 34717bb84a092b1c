"""Written by ``python -m benchmarks.detection.outlook --write``; not by hand."""

COEFFICIENTS = (3.2160, 0.9895, -0.7013, 1.0759)
# Upper end of the chance, dips of real runs, how many of these came back.
OUTCOMES = (
    (0.2, 16, 1),
    (0.3, 22, 5),
    (0.4, 39, 16),
    (0.5, 42, 22),
    (0.6, 49, 29),
    (0.7, 61, 40),
    (0.8, 105, 77),
    (0.9, 207, 185),
    (0.95, 239, 226),
    (1, 146, 143),
)
