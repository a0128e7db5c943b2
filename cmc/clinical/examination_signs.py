"""Code sets of organ function and physical examination of the 健康体检表 (NBPHS-2017), numbered as it prints them."""

from __future__ import annotations

from cmc.core.named import NamedInt


class Lips(NamedInt):
    """口唇."""

    RED = 1, "口唇红润", "Rosy lips"
    PALE = 2, "口唇苍白", "Pale lips"
    CYANOTIC = 3, "口唇发绀", "Cyanotic lips"
    CRACKED = 4, "口唇皲裂", "Cracked lips"
    BLISTERS = 5, "口唇疱疹", "Blisters on the lips"


class Teeth(NamedInt):
    """齿列; several may hold, 1 excludes the rest."""

    NORMAL = 1, "齿列正常", "Normal teeth"
    MISSING = 2, "缺齿", "Missing teeth"
    CARIES = 3, "龋齿", "Caries"
    DENTURES = 4, "义齿", "Dentures"


class Throat(NamedInt):
    """咽部."""

    NORMAL = 1, "咽部无充血", "Throat not congested"
    CONGESTED = 2, "咽部充血", "Congested throat"
    FOLLICLES = 3, "咽部淋巴滤泡增生", "Lymph follicles of the throat"


class Hearing(NamedInt):
    """听力."""

    HEARS = 1, "听见", "Hears"
    UNCLEAR = 2, "听不清或无法听见", "Hears badly or not at all"


class MotorFunction(NamedInt):
    """运动功能."""

    ABLE = 1, "可顺利完成动作", "Moves with ease"
    UNABLE = 2, "无法独立完成任何一个动作", "Cannot do any of the movements alone"


class Skin(NamedInt):
    """皮肤; 7 comes with a text."""

    NORMAL = 1, "皮肤正常", "Normal skin"
    FLUSHED = 2, "皮肤潮红", "Flushed skin"
    PALE = 3, "皮肤苍白", "Pale skin"
    CYANOTIC = 4, "皮肤发绀", "Cyanotic skin"
    YELLOW = 5, "皮肤黄染", "Yellow skin"
    PIGMENTED = 6, "皮肤色素沉着", "Pigmented skin"
    OTHER = 7, "皮肤其他异常", "Other change of the skin"


class Sclera(NamedInt):
    """巩膜; 4 comes with a text."""

    NORMAL = 1, "巩膜正常", "Normal sclera"
    YELLOW = 2, "巩膜黄染", "Yellow sclera"
    CONGESTED = 3, "巩膜充血", "Congested sclera"
    OTHER = 4, "巩膜其他异常", "Other change of the sclera"


class LymphNodes(NamedInt):
    """淋巴结; 4 comes with a text."""

    NOT_FELT = 1, "淋巴结未触及", "Lymph nodes not felt"
    SUPRACLAVICULAR = 2, "锁骨上淋巴结", "Supraclavicular nodes"
    AXILLARY = 3, "腋窝淋巴结", "Axillary nodes"
    OTHER = 4, "其他淋巴结", "Other nodes"


class BarrelChest(NamedInt):
    """桶状胸; the form prints no first."""

    NO = 1, "非桶状胸", "No barrel chest"
    YES = 2, "桶状胸", "Barrel chest"


class Rales(NamedInt):
    """罗音; 4 comes with a text."""

    NONE = 1, "无罗音", "No rales"
    DRY = 2, "干罗音", "Dry rales"
    MOIST = 3, "湿罗音", "Moist rales"
    OTHER = 4, "其他罗音", "Other rales"


class HeartRhythm(NamedInt):
    """心律."""

    REGULAR = 1, "心律齐", "Regular rhythm"
    IRREGULAR = 2, "心律不齐", "Irregular rhythm"
    WHOLLY_IRREGULAR = 3, "心律绝对不齐", "Wholly irregular rhythm"


class LegOedema(NamedInt):
    """下肢水肿."""

    NONE = 1, "无下肢水肿", "No oedema of the legs"
    ONE_SIDE = 2, "单侧下肢水肿", "Oedema of one leg"
    UNEVEN = 3, "双侧不对称下肢水肿", "Uneven oedema of both legs"
    EVEN = 4, "双侧对称下肢水肿", "Even oedema of both legs"


class RectalExamination(NamedInt):
    """肛门指诊; 5 comes with a text."""

    NORMAL = 1, "肛门指诊未及异常", "Rectal examination normal"
    TENDER = 2, "肛门指诊触痛", "Rectal tenderness"
    MASS = 3, "肛门指诊包块", "Rectal mass"
    PROSTATE = 4, "前列腺异常", "Abnormal prostate"
    OTHER = 5, "肛门指诊其他异常", "Other rectal finding"


class Breast(NamedInt):
    """乳腺; several may hold, 1 excludes the rest, 5 comes with a text."""

    NORMAL = 1, "乳腺未见异常", "Breasts normal"
    REMOVED = 2, "乳房切除", "Breast removed"
    DISCHARGE = 3, "异常泌乳", "Abnormal discharge of milk"
    LUMP = 4, "乳腺包块", "Lump in the breast"
    OTHER = 5, "乳腺其他异常", "Other finding of the breast"
