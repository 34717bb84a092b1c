from ppocr_guard import Condition, Hook, HookOptions, Over


class RecallBehind(Hook):
    """Warns while recall is far below precision."""

    class Options(HookOptions):
        gap: float = 0.2

    def on_eval(self, event):
        precision, recall = (event.metrics.get(name, 0.0) for name in ("precision", "recall"))
        if precision - recall < self.options.gap:
            return [Over("recall_behind")]
        message = f"Recall is {recall:.3f}, precision {precision:.3f}: texts are missed."
        return [Condition("recall_behind", "warning", message, "Try a lower box_thresh.")]
