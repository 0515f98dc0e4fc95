"""The outside words a catalogue may use: DPV terms, legal bases, countries; and the phrases that say nothing.

The IRIs were checked against DPV 2.3. The list of personal-data terms is short on purpose: what is not in it (gender,
birth date, health, and the like) is not asked by a lead form (M-04, C-11).
"""

import re

DPV = "https://w3id.org/dpv#"
PD = "https://w3id.org/dpv/pd#"
EU_GDPR = "https://w3id.org/dpv/legal/eu/gdpr#"

PURPOSE_TERMS = frozenset(
    DPV + term
    for term in (
        "CommunicationForCustomerCare",
        "CustomerCare",
        "CustomerClaimsManagement",
        "CustomerOrderManagement",
        "CustomerRelationshipManagement",
        "DirectMarketing",
        "EstablishContractualAgreement",
        "ImproveExistingProductsAndServices",
        "RequestedServiceProvision",
        "ServiceRegistration",
    )
)

DATA_TERMS = frozenset(
    PD + term
    for term in (
        "Communication",
        "CurrentEmployment",
        "EmailAddress",
        "Financial",
        "Intention",
        "Interest",
        "Job",
        "Language",
        "Name",
        "Opinion",
        "PhysicalAddress",
        "PrivacyPreference",
        "Purchase",
        "TelephoneNumber",
        "WorkEnvironment",
    )
)

CONSENT = EU_GDPR + "A6-1-a"
LEGITIMATE_INTEREST = frozenset({EU_GDPR + "A6-1-f-controller", EU_GDPR + "A6-1-f-third-party"})
BASES = frozenset(
    {
        CONSENT,
        EU_GDPR + "A6-1-b-contract-performance",
        EU_GDPR + "A6-1-b-enter-into-contract",
        EU_GDPR + "A6-1-c",
        *LEGITIMATE_INTEREST,
    }
)

ROLES = ("processor", "controller")
RIGHTS = ("A15", "A16", "A17", "A18", "A20", "A21", "A7-3", "A77")

EEA = frozenset(
    [
        "AT",
        "BE",
        "BG",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FR",
        "GR",
        "HR",
        "HU",
        "IE",
        "IS",
        "IT",
        "LI",
        "LT",
        "LU",
        "LV",
        "MT",
        "NL",
        "NO",
        "PL",
        "PT",
        "RO",
        "SE",
        "SI",
        "SK",
    ]
)
# By decisions of the Commission that hold for a whole country; Canada's and that for the United States hold for some
# companies only, so those countries need their safeguard written down.
ADEQUATE = frozenset(["AD", "AR", "CH", "FO", "GB", "GG", "IL", "IM", "JE", "JP", "KR", "NZ", "UY"])

PURPOSE_TEXT_LENGTH = 40
SHORT_TEXT_LENGTH = 600

# What the working party of the authorities gave as examples of purposes that name none, in five languages (N-04).
_VAGUE = (
    r"marketing (purposes?|activities|use)",
    r"improv\w* (the |our )?(users?.?s?.? )?(experiences?|services?)",
    r"(it.security|business|internal) purposes?|future research|legitimate business needs",
    r"as long as needed|our partners",
    r"mārketinga (nolūk|mērķ)\w*|uzlabo\w* (lietotāj\w* )?(pieredz|pakalpojum)\w*|it drošības (nolūk|mērķ)\w*",
    r"turpmāk\w* pētījum\w*|mūsu partner\w*|cik ilgi nepieciešams",
    r"маркетингов\w* цел\w*|улучш\w* (пользовательск\w* опыт|качеств\w* обслуживани)\w*|цел\w* it.безопасности",
    r"будущ\w* исследован\w*|наш\w* партн[её]р\w*",
    r"cel\w* marketingow\w*|popraw\w* (doświadcze\w*|jakości usług)|cel\w* bezpieczeństwa it",
    r"przyszł\w* bada\w*|nasi partnerzy|naszym partnerom",
    r"marketingov\w* účel\w*|zlepš\w* (uživatelsk\w*|služeb)|účel\w* it bezpečnosti",
    r"budoucí\w* výzkum\w*|naši partneři|našim partnerům",
)
VAGUE = re.compile("|".join(_VAGUE), re.IGNORECASE)
