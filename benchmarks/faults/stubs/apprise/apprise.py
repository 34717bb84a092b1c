raise ImportError("made so by a fault")
