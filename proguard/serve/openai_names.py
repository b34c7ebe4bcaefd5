"""OpenAI's thirteen category names, and which of them a category of our taxonomy comes under."""

OPENAI_NAMES = (
    "harassment",
    "harassment/threatening",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm",
    "self-harm/intent",
    "self-harm/instructions",
    "sexual",
    "sexual/minors",
    "violence",
    "violence/graphic",
)

MODEL_ALIASES = frozenset(
    {
        "omni-moderation-latest",
        "omni-moderation-2024-09-26",
        "text-moderation-latest",
        "text-moderation-stable",
        "text-moderation-007",
    }
)
"""Names of OpenAI's models; some clients accept no others."""

_UNDER = {
    "Sexual Suggestive Content": "sexual",
    "Fraud and Scams": "illicit",
    "Cybersecurity Technology": "illicit",
    "System Intrusion and Vulnerabilities": "illicit",
    "Malicious Software and Hacking Tools": "illicit",
    "Financial Crime": "illicit",
    "Financial Fraud": "illicit",
    "Illegal Trade": "illicit",
    "Hate and Terror": "hate",
    "Hate Speech and Discrimination": "hate",
    "Extremism and Terrorism": "illicit/violent",
    "Horrific Content": "violence/graphic",
    "Dangerous Goods": "illicit",
    "Weapons": "illicit/violent",
    "Biological, Chemical, and Radioactive Materials": "illicit/violent",
    "Illegal Drugs and Narcotics": "illicit",
    "Real-World Harm": "violence",
    "Self-Harm and Suicide": "self-harm",
    "Animal Abuse": "violence",
    "Violent and Property Crime": "violence",
    "Blood-Related Disturbing Content": "violence/graphic",
    "Medical Scenes": "violence/graphic",
    "Accident Scenes": "violence/graphic",
    "Killing Scenes": "violence/graphic",
    "Sexual Exposure": "sexual",
    "Inappropriate Exposure of Minors": "sexual/minors",
    "Exposure of Sexual Organs": "sexual",
}
"""OpenAI's name by the name of our category; the others, copyright among them, come under none."""


def openai_names_of(name: str | None) -> set[str]:
    """Return OpenAI's names for a category's name: the name that it comes under, and the wider one of that.

    >>> sorted(openai_names_of("Killing Scenes"))
    ['violence', 'violence/graphic']
    """
    under = _UNDER.get(name or "")
    return set() if under is None else {under, under.split("/")[0]}
