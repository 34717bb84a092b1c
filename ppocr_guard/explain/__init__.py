"""What every code means: ``ppocr-guard explain CODE``, and the pages under docs/codes.

Nothing is told twice: an alert is declared in :mod:`ppocr_guard.codes`, a finding of ``check`` by
its rule, one of a rehearsal beside it, a cause in the decision table. Examples are findings of real
runs of ``check`` (``python -m benchmarks.mistakes.examples``).
"""

# Where the pages stand; also in SARIF (helpUri) and in alert rules (runbook_url).
DOCS = "https://github.com/ppocr-guard/ppocr-guard/blob/main/docs/"


def page_url(code: str) -> str:
    """The page of a code."""
    return f"{DOCS}codes/{code}.md"
