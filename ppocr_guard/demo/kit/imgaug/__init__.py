"""Stands in for imgaug, which ``ppocr.data`` imports up to release 2.9.0.

The real one needs numpy below 1.24 at run time and a desktop OpenCV. The kit's configs
do not use ``IaaAugment``, so all that is needed is that the import succeeds.
"""
