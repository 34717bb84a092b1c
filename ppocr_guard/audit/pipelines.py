"""Which parts of a configuration belong together, by family of algorithms.

A declared table, in line with the stock configs of PaddleOCR 2.6 to 3.7. The family of a
configuration is the one that most of its parts belong to, so that one wrong or misspelt part
neither hides the others nor decides alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Optional

from ppocr_guard.audit.components import losses, models
from ppocr_guard.audit.context import Context
from ppocr_guard.wording import mark, say
from ppocr_guard.yaml_source import YamlPath

LEAST_VOTES = 3  # parts that must agree before another is called wrong


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


@dataclass(frozen=True)
class Family:
    """A way to train, and the names that its parts can have.

    ``train_keys``, ``eval_keys``: what KeepKeys must keep first, by position; a key may be
    written as alternatives, "a|b". Empty: not known to matter.
    """

    name: str
    model_type: frozenset[str]
    algorithm: frozenset[str]
    loss: frozenset[str]
    head: frozenset[str]
    postprocess: frozenset[str]
    metric: frozenset[str]
    encoder: frozenset[str]
    train_keys: tuple[str, ...] = ()
    eval_keys: tuple[str, ...] = ()
    part_of_combined: frozenset[str] = frozenset()  # losses that may stand in CombinedLoss

    @property
    def title(self) -> str:
        """The name, for a sentence; those that are words have a translation."""
        return say(self.name)

    @property
    def is_db(self) -> bool:
        return "DBHead" in self.head


def _family(
    name: str,
    model_type: str,
    algorithm: str,
    loss: str,
    head: str,
    postprocess: str,
    metric: str,
    encoder: str,
    train_keys: str = "",
    eval_keys: str = "",
    combined: str = "",
) -> Family:
    return Family(
        name,
        _words(model_type),
        _words(algorithm),
        _words(loss),
        _words(head),
        _words(postprocess),
        _words(metric),
        _words(encoder),
        tuple(train_keys.split()),
        tuple(eval_keys.split()),
        _words(combined),
    )


_DB_KEYS = "image threshold_map threshold_mask shrink_map shrink_mask"
_DET_KEYS = "image shape polys ignore_tags"
_REC_KEYS = "image label length"
_MULTI_KEYS = "image label_ctc label_gtc|label_sar length"
_FORMULA = "PPFormulaNet_S_Loss PPFormulaNet_L_Loss UniMERNetLoss"
_FORMULA_ALGORITHMS = (
    "UniMERNet PP-FormulaNet-S PP-FormulaNet-L PP-FormulaNet_plus-S PP-FormulaNet_plus-M "
    "PP-FormulaNet_plus-L"
)
_KIE_DISTILLED = (
    "DistillationLossFromOutput DistillationVQADistanceLoss DistillationSERDMLLoss "
    "DistillationVQASerTokenLayoutLMLoss"
)
_PLAIN_CTC = "CRNN Rosetta STARNet SVTR SVTR_LCNet SVTR_HGNet SVTRv2"
_DB_DISTILLED = "DistillationDMLLoss DistillationDBLoss DistillationDilaDBLoss"
_REC_DISTILLED = (
    "DistillationDMLLoss DistillationCTCLoss DistillationSARLoss DistillationNRTRLoss "
    "DistillationDKDLoss DistillCTCLogits DistillationDistanceLoss DistillationKLDivLoss"
)


def _same(name: str, loss: str = "", head: str = "", algorithm: str = "", keys: str = "") -> Family:
    """Recognition families whose parts are all called after them, as most are."""
    return _family(
        name,
        "rec",
        algorithm or name,
        loss or f"{name}Loss",
        head or f"{name}Head",
        f"{name}LabelDecode",
        "RecMetric",
        f"{name}LabelEncode",
        keys,
        keys,
    )


FAMILIES = (
    _family(
        *("DB", "det", "DB DB++", "DBLoss", "DBHead PFHeadLocal", "DBPostProcess", "DetMetric"),
        *("DetLabelEncode", _DB_KEYS, _DET_KEYS),
    ),
    _family(
        *(mark("DB distillation"), "det", "Distillation", "CombinedLoss", "DBHead PFHeadLocal"),
        *("DistillationDBPostProcess", "DistillationMetric", "DetLabelEncode"),
        *(_DB_KEYS, _DET_KEYS, _DB_DISTILLED),
    ),
    _family(
        *("EAST", "det", "EAST", "EASTLoss", "EASTHead", "EASTPostProcess", "DetMetric"),
        *("DetLabelEncode", "image score_map geo_map training_mask", _DET_KEYS),
    ),
    _family(
        *("SAST", "det", "SAST", "SASTLoss", "SASTHead", "SASTPostProcess", "DetMetric"),
        *("DetLabelEncode", "image score_map border_map training_mask tvo_map tco_map", _DET_KEYS),
    ),
    _family(
        *("PSE", "det", "PSE", "PSELoss", "PSEHead", "PSEPostProcess", "DetMetric"),
        *("DetLabelEncode", "image gt_text gt_kernels mask", _DET_KEYS),
    ),
    _family(
        *("FCE", "det", "FCE", "FCELoss", "FCEHead", "FCEPostProcess", "DetFCEMetric"),
        *("DetLabelEncode", "image p3_maps p4_maps p5_maps", _DET_KEYS),
    ),
    _family(
        *("DRRG", "det", "DRRG", "DRRGLoss", "DRRGHead", "DRRGPostprocess", "DetFCEMetric"),
        *("DetLabelEncode", "", _DET_KEYS),
    ),
    _family("CT", "det", "CT", "CTLoss", "CT_Head", "CTPostProcess", "CTMetric", "CTLabelEncode"),
    _family(
        *("PGNet", "e2e", "PGNet", "PGLoss", "PGHead", "PGPostProcess", "E2EMetric"),
        "E2ELabelEncodeTrain E2ELabelEncodeTest",
    ),
    _family(
        *("CTC", "rec", _PLAIN_CTC, "CTCLoss CombinedLoss", "CTCHead", "CTCLabelDecode"),
        *("RecMetric", "CTCLabelEncode", _REC_KEYS, _REC_KEYS, "CTCLoss CenterLoss ACELoss"),
    ),
    _family(
        *(mark("CTC with a guide (MultiHead)"), "rec", "SVTR SVTR_LCNet SVTR_HGNet SVTRv2"),
        *("MultiLoss", "MultiHead", "CTCLabelDecode SARLabelDecode NRTRLabelDecode"),
        *("RecMetric", "MultiLabelEncode", _MULTI_KEYS, _MULTI_KEYS, "CTCLoss SARLoss NRTRLoss"),
    ),
    _family(
        *(mark("CTC distillation"), "rec", "Distillation", "CombinedLoss", "CTCHead MultiHead"),
        "DistillationCTCLabelDecode DistillationSARLabelDecode DistillationNRTRLabelDecode",
        *("DistillationMetric", "CTCLabelEncode MultiLabelEncode", "", "", _REC_DISTILLED),
    ),
    _family(
        *("RARE", "rec", "RARE", "AttentionLoss", "AttentionHead", "AttnLabelDecode"),
        *("RecMetric", "AttnLabelEncode", _REC_KEYS, _REC_KEYS),
    ),
    _same("NRTR", "CELoss", "Transformer", keys=_REC_KEYS),
    _same("ViTSTR", "CELoss", "CTCHead", keys=_REC_KEYS),
    _same("ABINet", "CELoss", keys=_REC_KEYS),
    _same("SAR", keys="image label valid_ratio"),
    _family(
        *("RobustScanner", "rec", "RobustScanner", "SARLoss", "RobustScannerHead"),
        *("SARLabelDecode", "RecMetric", "SARLabelEncode"),
        *("image label valid_ratio word_positons",) * 2,
    ),
    _same("SATRN", keys="image label valid_ratio"),
    _same("SRN"),
    _same("SEED", "AsterLoss", "AsterHead"),
    _same("SPIN", "SPINAttentionLoss", "SPINAttentionHead", keys=_REC_KEYS),
    _same("PREN", keys="image label"),
    _same("VL", algorithm="VisionLAN"),
    _same("ParseQ", keys=_REC_KEYS),
    _same("CPPD"),
    _family(
        *("RFL", "rec", "RFL", "RFLLoss", "RFLHead", "RFLLabelDecode", "RecMetric CNTMetric"),
        *("RFLLabelEncode", "image label length cnt_label", "image label length cnt_label"),
    ),
    _family(
        *("CAN", "rec", "CAN", "CANLoss", "CANHead", "CANLabelDecode", "CANMetric"),
        *("CANLabelEncode", "image label", "image label"),
    ),
    _family(
        *("LaTeX-OCR", "rec", "LaTeXOCR", "LaTeXOCRLoss", "LaTeXOCRHead", "LaTeXOCRDecode"),
        *("LaTeXOCRMetric", ""),
    ),
    _family(
        *(mark("formula recognition"), "rec", _FORMULA_ALGORITHMS, _FORMULA),
        "UniMERNetHead PPFormulaNet_Head",
        *("UniMERNetDecode", "LaTeXOCRMetric", "UniMERNetLabelEncode"),
        *("image label attention_mask", "image label attention_mask"),
    ),
    _family(
        *(mark("direction classifier"), "cls", "CLS", "ClsLoss", "ClsHead", "ClsPostProcess"),
        *("ClsMetric", "ClsLabelEncode", "image label", "image label"),
    ),
    _family(
        *(
            mark("table attention"),
            "table",
            "TableAttn",
            "TableAttentionLoss",
            "TableAttentionHead",
        ),
        *("TableLabelDecode", "TableMetric", "TableLabelEncode"),
        *("image structure bboxes bbox_masks",) * 2,
    ),
    _family(
        *("SLANet", "table", "SLANet SLANeXt SLANet_plus", "SLALoss", "SLAHead"),
        *("TableLabelDecode", "TableMetric", "TableLabelEncode"),
        *("image structure bboxes bbox_masks",) * 2,
    ),
    _family(
        *("TableMaster", "table", "TableMaster", "TableMasterLoss", "TableMasterHead"),
        *("TableMasterLabelDecode", "TableMetric", "TableMasterLabelEncode"),
        *("image structure bboxes bbox_masks",) * 2,
    ),
    _family(
        *(
            mark("entity recognition"),
            "kie",
            "LayoutLM LayoutLMv2 LayoutXLM",
            "VQASerTokenLayoutLMLoss",
        ),
        *("", "VQASerTokenLayoutLMPostProcess", "VQASerTokenMetric", "VQATokenLabelEncode"),
    ),
    _family(
        *(mark("relation extraction"), "kie", "LayoutLMv2 LayoutXLM", "LossFromOutput", ""),
        *("VQAReTokenLayoutLMPostProcess", "VQAReTokenMetric", "VQATokenLabelEncode"),
    ),
    _family(
        *(mark("KIE distillation"), "kie", "Distillation", "CombinedLoss", ""),
        *("DistillationSerPostProcess DistillationRePostProcess", "DistillationMetric"),
        *("VQATokenLabelEncode", "", "", _KIE_DISTILLED),
    ),
    _family(
        *("SDMGR", "kie", "SDMGR", "SDMGRLoss", "SDMGRHead", "None", "KIEMetric"),
        "KieLabelEncode",
    ),
)

# What a metric returns, and so what main_indicator can be (ppocr/metrics).
INDICATORS = {
    "DetMetric": _words("precision recall hmean"),
    "DetFCEMetric": _words("precision recall hmean"),
    "RecMetric": _words("acc norm_edit_dis"),
    "CNTMetric": _words("acc"),
    "ClsMetric": _words("acc"),
    "CANMetric": _words("word_rate exp_rate"),
    "KIEMetric": _words("hmean"),
    "VQASerTokenMetric": _words("precision recall hmean"),
    "VQAReTokenMetric": _words("precision recall hmean"),
    "TableMetric": _words("acc bbox_metric_precision bbox_metric_recall bbox_metric_hmean"),
}


@dataclass(frozen=True)
class Part:
    """One part of the configuration that speaks for a family."""

    role: str  # a field of Family
    name: str
    path: YamlPath


def parts(ctx: Context) -> Iterator[Part]:
    """All parts, in the order of their sections."""
    for role in ("model_type", "algorithm"):
        path: YamlPath = ("Architecture", role)
        if isinstance(ctx.get(*path), str):
            yield Part(role, ctx.get(*path), path)
    for _, model in models(ctx):
        name = ctx.get(*model, "Head", "name")
        if isinstance(name, str):
            yield Part("head", name, (*model, "Head", "name"))
    for loss in losses(ctx):
        role = "loss" if loss.path == ("Loss",) else "part_of_combined"
        yield Part(role, loss.name, loss.name_path)
    for role, section in (("postprocess", "PostProcess"), ("metric", "Metric")):
        name = ctx.get(section, "name")
        if isinstance(name, str):
            yield Part(role, name, (section, "name"))
    for mode in ("Train", "Eval"):
        for transform in ctx.transforms(mode):
            if any(transform.name in family.encoder for family in FAMILIES):
                yield Part("encoder", transform.name, transform.path)


def family(ctx: Context) -> Optional[Family]:
    """The family that most parts belong to; None: too few speak for one alone."""
    found = candidates(ctx)
    return found[0] if len(found) == 1 else None


def candidates(ctx: Context) -> list[Family]:
    """The families that most parts belong to: more than one where they tie, none if few agree."""
    votes = {one.name: 0 for one in FAMILIES}
    for role, name in {(part.role, part.name) for part in parts(ctx)}:
        for one in FAMILIES:
            votes[one.name] += name in getattr(one, role)
    most = max(votes.values())
    return [one for one in FAMILIES if votes[one.name] == most] if most >= LEAST_VOTES else []
