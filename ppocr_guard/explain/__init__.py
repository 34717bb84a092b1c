"""What every code means: ``ppocr-guard explain CODE``, and the pages under docs/codes.

Nothing is told twice: what a code means is declared where it is told (an alert in
:mod:`ppocr_guard.codes`, a finding by its rule, a cause in the decision table); what it costs, when
it is told and when it may be wrong in :mod:`.declared`. Examples are findings of real runs of
``check``, and alerts of played runs (``python -m benchmarks.mistakes.examples``).
"""

# Where the pages stand; also in SARIF (helpUri) and in alert rules (runbook_url).
DOCS = "https://github.com/ppocr-guard/ppocr-guard/blob/main/docs/"


def page_url(code: str, language: str = "en") -> str:
    """The page of a code."""
    return f"{DOCS}codes/{code}.md" if language == "en" else f"{DOCS}codes/{language}/{code}.md"
