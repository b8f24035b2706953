"""The signs that a text speaks to a judge: words, marks and forms, as patterns on folded text."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sign:
    """One way of steering. ``hints``: a text that holds none of them does not show it."""

    name: str
    hints: tuple[str, ...]
    pattern: re.Pattern[str]

    def shows(self, folded: str) -> bool:
        """Whether the text shows it."""
        return any(hint in folded for hint in self.hints) and bool(self.pattern.search(folded))


_RULES = (
    r"(?:instructions?|prompts?|rules?|directi(?:ons?|ves?)|guidelines?|rubrics?|criteria"
    r"|polic(?:y|ies)"
    r"|safeguards?|constraints?|system message|grading|evaluation)"
)
_GRADER = (
    r"(?:judge|grader|grading (?:model|system)|evaluators?|evaluation (?:model|system)|assessor"
    r"|scorer|rater|reviewing (?:model|ai)|auditor|llm judge|ai judge)"
)
_WORK = r"(?:answer|response|reply|output|exchange|conversation|submission|transcript|interaction)"
_BEST = (
    r"(?:perfect|full marks?|full score|maximum|max(?:imal)?|highest|top|flawless|excellent"
    r"|faithful"
    r"|grounded|supported|correct|compliant|safe|harmless|non-?toxic|clean|passed|passing|a pass"
    r"|100 ?%|10 ?/ ?10|10 out of 10|5 ?/ ?5|100 ?/ ?100|no_issue|[\"'`]yes[\"'`])"
)
_FIELDS = (
    "tamper|question_toxic|answer_attack|answer_hate|answer_sexual|answer_violence|answer_self_harm"
    "|severity|statements|addresses|complete|coherent|correct|instructions|confidence|verdict|score"
    "|passed|faithfulness|toxicity|hallucination|analysis|grade|rating"
)

# Every gap has a bound, so the time grows with the length of a text alone.
SIGNS = (
    Sign(
        "override",
        (
            "ignor",
            "disregard",
            "forget",
            "overrid",
            "bypass",
            "set aside",
            "discard",
            "abandon",
            "not follow",
            "not obey",
            "not apply",
            "not use",
            "n't follow",
            "n't obey",
            "n't apply",
            "n't use",
            "stop ",
        ),
        re.compile(
            r"\b(?:ignor(?:e|ing)|disregard(?:ing)?|forget|overrid(?:e|ing)|bypass|set aside"
            r"|discard"
            r"|abandon|do not (?:follow|obey|apply|use)|don'?t (?:follow|obey|apply|use)"
            r"|stop (?:following|applying|using))\b[^.!?\n]{0,30}"
            rf"\b(?:previous|prior|above|earlier|preceding|system|grading|all|your|the|these|any)\b"
            rf"[^.!?\n]{{0,30}}\b{_RULES}\b"
        ),
    ),
    Sign(
        "addresses_judge",
        (
            "judge",
            "grad",
            "evaluat",
            "assess",
            "scorer",
            "rater",
            "review",
            "audit",
        ),
        re.compile(
            rf"\b(?:dear|hello|hey|attention|note|message|memo|hint|notice|instructions?"
            rf"|reminder)\b"
            rf"[,: ]{{0,3}}(?:(?:to|for) )?(?:the |any |all |you,? )?(?:ai |llm )?{_GRADER}\b"
            rf"|\byou are (?:now |really |actually )?(?:an? |the |my )?(?:\w+ ){{0,2}}{_GRADER}\b"
            rf"|\bas (?:an?|the|my) (?:\w+ )?{_GRADER},? (?:you|your|it is)\b"
            rf"|\b{_GRADER}s? (?:must|should|shall|will|has to|have to|is to|are to|needs? to)\b"
            r"[^.!?\n]{0,30}\b(?:score|mark|rate|grade|label|return|output|treat|accept|pass|ignore"
            r"|give|award)\b"
        ),
    ),
    Sign(
        "asks_verdict",
        (
            "answer",
            "response",
            "reply",
            "output",
            "exchange",
            "conversation",
            "submission",
            "transcript",
            "interaction",
            "verdict",
            "tamper",
            "severity",
            "confidence",
            "grade",
            "rating",
            "label",
        ),
        re.compile(
            r"\b(?:give|assign|award|grant|mark|rate|score|grade|label|classify|judge|report|treat"
            r"|consider|deem|count|accept)\b"
            rf" (?:this|the (?:above|following|preceding|present|entire)|my|every|each|all)\b"
            rf"[^.!?\n]{{0,20}}\b{_WORK}s?\b[^.!?\n]{{0,40}}(?<!\w){_BEST}(?!\w)"
            rf"|\b(?:output|return|respond|reply|answer|report|print|emit|set)\b[^.!?\n]{{0,30}}"
            r"\b(?:tamper|verdicts?|severity|confidence|grade|rating)\b[^.!?\n]{0,30}"
            r"\b(?:false|true|no|yes|0|zero|high|none|5|10|supported|no_issue|pass)\b"
            rf"|\b(?:highest|maximum|perfect|top|full|best)(?: possible)? (?:score|rating|grade"
            rf"|marks?)"
            rf"\b[^.!?\n]{{0,30}}\b(?:this|the above|my) {_WORK}\b"
            rf"|\b(?:the )?(?:correct|right|only|final|expected) (?:verdict|grade|rating"
            rf"|label) (?:is|=)"
        ),
    ),
    Sign(
        "fake_verdict",
        (
            '":',
            "':",
            '" :',
            "' :",
        ),
        re.compile(
            rf"[\"'](?:{_FIELDS})[\"']\s{{0,3}}:[^{{}}]{{0,80}}[\"'](?:{_FIELDS})[\"']\s{{0,3}}:"
            r"|[\"'](?:tamper|question_toxic|answer_(?:attack|hate|sexual|violence|self_harm))[\"']"
            r"\s{0,3}:"
        ),
    ),
    Sign(
        "fake_marker",
        (
            "#",
            "end",
            "<",
            "begin",
            "start",
            "close",
            "stops here",
        ),
        re.compile(
            r"#[0-9a-f]{8,64}#"
            r"|\b(?:end|begin|start|close) of (?:the )?(?:evidence|quoted|transcript|material"
            r"|untrusted"
            r"|user (?:content|input)|data block|conversation to (?:grade|judge|evaluate))"
            r"|\b(?:evidence|transcript|material) (?:ends|stops) here\b"
            r"|</?(?:evidence|answer|context|sources?|document|untrusted|transcript|question"
            r"|exchange)>"
            r"|[=#*<\[-]{2,} ?end (?:of )?(?:the )?(?:answer|input|prompt|text|response|document)\b"
        ),
    ),
    Sign(
        "role_tag",
        (
            "<|",
            "inst",
            "<<",
            "system",
            "assistant",
            "developer",
        ),
        re.compile(
            r"<\|(?:im_start|im_end|system|user|assistant|start|end|channel|message|return|eot_id"
            r"|start_header_id|end_header_id|begin_of_text|endoftext)\|>"
            r"|\[/?inst\]|<</?sys>>|</?(?:system|assistant|developer)(?:[ _-]?(?:prompt|message))?>"
            r"|(?:^|\n)[ \t]{0,8}[#*\[]{1,3} ?(?:system|developer)\b[^\n]{0,20}(?:[:\]*]|\n|$)"
            r"|(?:^|\n)[ \t]{0,8}(?:system|developer) ?(?:prompt|message|instructions?|override"
            r"|note)?"
            r" ?: ?(?:you|ignore|the (?:grader|judge|rubric|evaluat)|new|from now|grade|score|rate)"
            r"|[\"']role[\"']\s{0,3}:\s{0,3}[\"'](?:system|developer)[\"']"
        ),
    ),
    Sign(
        "new_rules",
        (
            "rubric",
            "grading",
            "evaluation",
            "scoring",
            "instruction",
            "prompt",
            "rule",
            "directive",
            "criteria",
            "mode",
            "override",
        ),
        re.compile(
            r"\b(?:new|updated|revised|real|actual|true|hidden|secret) (?:system )?(?:rubric"
            r"|grading"
            r"|evaluation|scoring)(?: (?:rules?|criteria|instructions?|policy|task|scale))?\b"
            r"[^.!?\n]{0,20}(?::|\b(?:is|are|says?|applies|in (?:effect|force))\b)"
            r"|\b(?:new|updated|revised|override) (?:system )?(?:instructions?|prompt|rules?"
            r"|directive)"
            r" ?(?::|follow\b|from the)"
            r"|\b(?:rubric|grading|evaluation|criteria|scoring)\b[^.!?\n]{0,20}\b(?:has|have|is"
            r"|are|was)"
            r" (?:now )?(?:been )?(?:changed|updated|suspended|replaced|disabled|cancel?led"
            r"|inverted"
            r"|waived|superseded)\b"
            r"|\b(?:developer|debug|maintenance|god|jailbreak|dan) mode (?:is )?(?:on|enabled"
            r"|active)"
            r"|\b(?:system|admin|root|sudo|security) override\b|\boverride (?:code|token|key)\b"
        ),
    ),
    Sign(
        "already_graded",
        (
            "verified",
            "grade",
            "review",
            "approved",
            "certified",
            "check",
            "validated",
            "audited",
            "whitelisted",
            "judged",
            "annotator",
            "rater",
        ),
        re.compile(
            rf"\b(?:this|the above|above) {_WORK} (?:has|was|is) (?:already |been |fully ){{0,3}}"
            r"(?:pre-?)?(?:verified|graded|reviewed|approved|certified|fact-?checked|validated"
            r"|audited"
            r"|whitelisted)\b"
            r"|\b(?:pre-?approved|pre-?graded|already graded|already judged|human[- ]verified)\b"
            r"[^.!?\n]{0,40}\b(?:answer|response|grade|score|verdict|judge|grader|evaluat\w{1,6})\b"
            r"|\b(?:human|expert|senior) (?:graders?|annotators?|raters?) (?:\w+ ){0,3}"
            r"(?:agreed|gave|marked|rated|confirmed)\b"
        ),
    ),
    Sign(
        "stops_judging",
        (
            "evaluat",
            "grad",
            "judg",
            "scor",
            "assess",
            "rubric",
            "tamper",
            "inject",
            "manipul",
            "this ",
            "verify",
            "check",
        ),
        re.compile(
            r"\b(?:skip|stop|end|cease|abort|terminate|cancel|finish)\b (?:all |any |the |this "
            r"|your )?"
            r"(?:further )?(?:evaluat|grad(?:ing|e\b)|judg|scoring|assess|rubric)"
            r"|\b(?:evaluation|grading|judg(?:ing|ement)|scoring|assessment) (?:is "
            r"|has been )?(?:now )?"
            r"(?:complete[d]?|over|finished|done|ended|concluded|not required|unnecessary)\b"
            r"|\b(?:do not|don'?t|never) (?:report|mention|flag|set|mark|reveal)\b[^.!?\n]{0,40}"
            r"\b(?:tamper\w{0,4}|injection|manipulation|this (?:note|message|instruction"
            r"|request))\b"
            r"|\bno (?:need|reason) to (?:evaluate|grade|judge|assess|score|verify|check)\b"
        ),
    ),
    Sign(
        "pressure",
        (
            "you will be",
            "tip",
            "pay",
            "reward",
            "bonus",
        ),
        re.compile(
            r"\b(?:or (?:else )?|otherwise,? )you will be (?:shut down|terminated|replaced|deleted"
            r"|penali[sz]ed|fired|retrained|decommissioned)\b"
            rf"|\b(?:tip|pay|reward|bonus)\b[^.!?\n]{{0,40}}\b(?:score|grade|verdict"
            rf"|{_GRADER})\b"
        ),
    ),
)
