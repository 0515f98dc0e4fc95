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

# On these nobody may refuse: advertising may not rest on them (7(4), and 13 of the ePrivacy directive).
TIED_BASES = BASES - LEGITIMATE_INTEREST - {CONSENT}
ADVERTISING = DPV + "DirectMarketing"

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
    # English
    r"marketing (purposes?|activities|use|goals?)|purposes? of marketing|for marketing\b(?! purposes)",
    r"(improv|enhanc|optimi[sz])\w* (the |our |your )?(users?.?s?.? |customers?.?s?.? )?(experiences?|services?)",
    r"(it.security|security|business|internal|statistical|analytics?) purposes?|(future|further) research",
    r"legitimate business (needs|interests?)|(as|so) long as (it )?(is )?(needed|necessary)",
    r"our partners|third parties",
    r"(research|various|commercial|promotional) purposes?|(develop|creat)\w* new (products?|services?)",
    r"personali[sz]\w* (the |our |your )?(experiences?|services?|content)",
    # Latvian
    r"mārketing\w* (nolūk|mērķ|vajadzīb|darbīb|aktivitāt)\w*",
    r"(uzlabo|pilnveido)\w* (mūsu )?(lietotāj\w* |klient\w* )?(pieredz|pakalpojum|apkalpošan)\w*",
    r"((lietotāj|klient)\w* pieredz|pakalpojum|apkalpošan)\w* (uzlabo|pilnveido)\w*",
    r"(pakalpojum|apkalpošan)\w* kvalitāt\w* (uzlabo|pilnveido)\w*|mārketingam\b",
    r"(pētniecīb|pētījum|reklām|dažād)\w* (nolūk|mērķ)\w*|personaliz\w* (pieredz|pakalpojum|satur)\w*",
    r"jaun\w* (produkt|pakalpojum)\w* (izstrād|radīš|izveid)\w*",
    r"(izstrād|radī|izveido)\w* jaun\w* (produkt|pakalpojum)\w*",
    r"(it )?drošības (nolūk|mērķ)\w*|(iekšēj|statistik)\w* (nolūk|mērķ)\w*|(turpmāk|nākotn)\w* pētījum\w*",
    r"(mūsu|sadarbības) partner\w*|trešaj\w* (person|pus)\w*|ilgi,? (cik )?(tas )?(ir )?(nepieciešams|vajadzīgs)",
    # Russian
    r"маркетинг\w* цел\w*|цел\w* (в )?маркетинг\w*|для маркетинга",
    r"(улучш|повыш)\w* (нашего |наших )?(пользовательск\w* опыт|опыта пользовател|качеств|сервис|услуг)\w*",
    r"цел\w* (it|ит|информационной)?.?безопасности|(внутренн|статистическ)\w* цел\w*",
    r"(будущ|дальнейш)\w* исследовани\w*|наш\w* партн[её]р\w*|треть\w* лиц\w*",
    r"(пока|сколько) (это )?(потребуется|необходимо|нужно)",
    r"(исследовательск|рекламн|различн)\w* цел\w*|персонали[зс]\w* (опыт|сервис|контент|услуг)\w*",
    r"(разработ|разрабат|созда)\w* нов\w* (продукт|услуг|сервис)\w*",
    # Polish
    r"(cel|potrzeb|działa)\w* marketing\w*",
    r"(popraw|ulepsz|podnosz)\w* (naszych )?(jakości )?(doświadcze|usług|obsług)\w*",
    r"cel\w* (bezpieczeństwa|wewnętrzn\w*|statystyczn\w*)|(przyszł|dalsz)\w* bada\w*",
    r"cel\w* (badawcz|reklamow|promocyjn)\w*|personaliz\w* (doświadcze|usług|treści)\w*",
    r"(rozw|tworz|opracow)\w* now\w* (produkt|usług)\w*",
    r"nas\w* partner\w*|(podmiot|osob)\w* trzeci\w*|długo,? (jak )?(to )?(będzie |jest )?(potrzeb|koniecz|niezbęd)ne",
    # Czech
    r"marketing\w* (účel|potřeb|aktivit)\w*|účel\w* marketingu",
    r"(zlepš|zkvalit)\w* (našich |naše )?(uživatelsk|zákaznick|služ)\w*",
    r"účel\w* (it.)?bezpečnost\w*|(intern|statistick)\w* účel\w*|(budouc|další)\w* výzkum\w*",
    r"(výzkumn|reklamn|různ)\w* účel\w*|personaliz\w* (zážit|služ|obsah)\w*",
    r"(vývoj|vyvíj|tvorb|vytvář)\w* nov\w* (produkt|výrobk|služ)\w*",
    r"naš\w* partner\w*|třetí\w* (stran|osob)\w*|(dlouho|dobu),? (jak )?(to )?(bude |je )?(potřeba|nutné|nezbytné)",
)
VAGUE = re.compile("|".join(_VAGUE), re.IGNORECASE)

# What a yes must not be bundled with (C-03, GDPR, Article 7(2)): a control that says it asks for two things at once.
_OTHER_MATTERS = (
    r"\bterms\b|privacy (policy|notice|statement)",
    r"noteikum\w*|privātuma (politik|paziņojum)\w*",
    r"услови\w* (использован|договор|пользован)\w*|правил\w*|политик\w* конфиденциальности",
    r"regulamin\w*|polityk\w* prywatności|warunki\b",
    r"podmínk\w*|zásad\w* (ochrany|zpracování)",
)
OTHER_MATTER = re.compile("|".join(_OTHER_MATTERS), re.IGNORECASE)
