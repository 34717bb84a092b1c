"""Faults put into real, guarded PaddleOCR trainings: which are caught, and is the cause right?"""
