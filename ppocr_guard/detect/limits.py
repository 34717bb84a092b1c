"""Limits of what is said of a run (:mod:`ppocr_guard.detect.propositions`), beside those that a
recogniser alone has.

``lift``: how much stronger edges are inside the labelled polygons than elsewhere; 3.4 to 4.0 for
synthetic text, 1.2 to 2.2 with labels that were moved, 1.0 is chance.
"""

from __future__ import annotations

# Dice loss of the binary map: 0.13 to 0.33 with labels that the model knows, 0.6 to 0.96 with
# labels that were shifted or scaled, 0.86 with weights that were not loaded.
KNOWS, FOREIGN = 0.4, 0.5
# Of the labels as a perfect prediction: what a good model gives inside a text; 1.0 would pass a
# box_thresh that no model passes.
CERTAIN = 0.9
FITS = 0.8  # share of perfect boxes that must survive the round trip; 0.99 at r 0.4, 0.59 at 0.81

GOOD = 0.6  # a model that knows the labels; hmean
POOR = 0.4  # one that does not
WORSE = 0.7  # of the score (or share) on the other side, below which one is much worse
KEEPS = 0.75  # share of the ceiling that a sound model keeps
GAIN = 0.08  # hmean that another setting must bring
CHANGED = 0.25  # share of image files that were overwritten
MIXED = 0.2  # share of images in which no label has its box, where the others have theirs ...
APART = 0.85  # ... and share of images that are one or the other
MOVED = 1.4  # lift of moved labels over that of the labels as they are ...
ON_TEXT = 1.8  # ... and what it must reach
ALIKE = 0.75  # lift over that of the other set, from which on both sets lie on text alike
OFF = 0.65  # lift over that of the other set, below which labels are beside their text
CROSSED = 0.3  # share of polygons that cross themselves
PIECES = 1.7  # labels in one box, or boxes in one label
RESIZED = 1.6  # ratio of the areas of label and box, against the other set's
DEAD = 1e-6  # variation of probability maps over images; 2e-4 and more of untrained networks
SHRUNK = 0.5  # of the weights' length
RULED = 0.85  # share of the weights that are nearer to 0 than at the start; 0.5 when learning
STILL = 1e-7  # the same way, of weights that do not learn; 7e-4 after three steps at a rate of 1e-3
FAR = 0.6  # way of the weights from the start, relative to their length
SCALED = 2.0  # ratio of text heights
LONG = 4  # examinations
FLAT = 0.05  # standard deviation of normalised images
SCARCE = 0.12  # median IoU that another unclip ratio must bring; 0.06 at 1.5 over 0.4
COLOUR = 0.5  # difference of the mean of normalised images
