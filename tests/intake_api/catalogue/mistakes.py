"""What people write wrong in a catalogue: (file, what stands there, what they write), (file, key, what is said)."""

DEMO = "forms/request_demo.yml"
CONTACT = "forms/request_contact.yml"
FEEDBACK = "forms/feedback.yml"
EN = "locales/en.yml"

MISTAKES = {
    # What a purpose must say
    "n_03 a purpose without a basis": (
        ("purposes.yml", "  basis: https://w3id.org/dpv/legal/eu/gdpr#A6-1-b-enter-into-contract\n", ""),
        ("purposes.yml", "respond_to_request.basis", "is missing"),
    ),
    "n_03 a purpose with two bases": (
        (
            "purposes.yml",
            "basis: https://w3id.org/dpv/legal/eu/gdpr#A6-1-b-enter-into-contract",
            "basis: [https://w3id.org/dpv/legal/eu/gdpr#A6-1-a, https://w3id.org/dpv/legal/eu/gdpr#A6-1-c]",
        ),
        ("purposes.yml", "respond_to_request.basis", "more than one legal basis"),
    ),
    "n_03 a basis that does not exist": (
        ("purposes.yml", "gdpr#A6-1-b-enter-into-contract", "gdpr#A6-1-z"),
        ("purposes.yml", "respond_to_request.basis", "not known"),
    ),
    "n_03 a purpose term that does not exist": (
        ("purposes.yml", "dpv#RequestedServiceProvision", "dpv#WhateverWeLike"),
        ("purposes.yml", "respond_to_request.dpv", "not known"),
    ),
    "n_04 a vague purpose": (
        (EN, "We send you at most one e-mail a month with what", "For marketing purposes we send you what"),
        (EN, "purposes.newsletter.text", "marketing purposes"),
    ),
    "n_04 a vague purpose that sounds like service": (
        (EN, "We send you at most one e-mail a month with what", "To personalise your experience we send what"),
        (EN, "purposes.newsletter.text", "personalise your experience"),
    ),
    "n_04 a vague title": (
        (EN, "title: Monthly newsletter by e-mail", "title: To improve our services"),
        (EN, "purposes.newsletter.title", "improve our services"),
    ),
    "c_03 a yes that is one with the terms": (
        (EN, "Yes, send me the newsletter once", "Yes, I accept the terms of use and get the newsletter once"),
        (EN, "purposes.newsletter.label", "in the same breath"),
    ),
    "n_06 a recipient nobody knows": (
        ("purposes.yml", "recipients: [crm, mail]", "recipients: [crm, mail, partners]"),
        ("purposes.yml", "respond_to_request.recipients", "names partners"),
    ),
    "n_06 a recipient that no notice names": (
        (
            "recipients.yml",
            "mail:",
            "ads:\n  {name: Example Ads SIA, role: processor, country: LV, safeguard: none}\nmail:",
        ),
        ("recipients.yml", "ads", "named by the notice of no form"),
    ),
    "n_07 a far country without safeguard": (
        ("recipients.yml", "country: DE", "country: US"),
        ("recipients.yml", "crm.safeguard", "outside the EEA"),
    ),
    "n_08 keeping for a hundred years": (
        ("purposes.yml", "duration: P6M", "duration: P100Y"),
        ("purposes.yml", "respond_to_request.retention.duration", "without end"),
    ),
    "n_08 keeping as long as needed": (
        ("purposes.yml", "duration: P6M", "duration: as long as needed"),
        ("purposes.yml", "respond_to_request.retention.duration", "not an ISO 8601 duration"),
    ),
    "n_08 no retention": (
        ("purposes.yml", "  retention: {duration: P6M, from: last_activity}\n", ""),
        ("purposes.yml", "respond_to_request.retention", "is missing"),
    ),
    "a double opt-in without consent": (
        (
            "purposes.yml",
            "confirmation: none\n  recipients: [crm, mail]\n\nnewsletter",
            "confirmation: double_opt_in\n  recipients: [crm, mail]\n\nnewsletter",
        ),
        ("purposes.yml", "respond_to_request.confirmation", "without consent"),
    ),
    # Who asks
    "n_01 no address": (
        ("organisation.yml", "address: Parauga iela 12, Rīga, LV-1000, Latvia\n", ""),
        ("organisation.yml", "address", "is missing"),
    ),
    "n_02 nothing said about the data protection officer": (
        ("organisation.yml", "data_protection_officer: dpo@tidewick.example\n", ""),
        ("organisation.yml", "data_protection_officer", "is missing"),
    ),
    "n_02 nothing said about a representative": (
        ("organisation.yml", "representative: none\n", ""),
        ("organisation.yml", "representative", "is missing"),
    ),
    "sec_29 a country without phone numbers": (
        ("organisation.yml", "phones: [LV, RU]", "phones: [LV, XX]"),
        ("organisation.yml", "locales.ru.phones", "names XX"),
    ),
    "n_11 a country without authority": (
        ("organisation.yml", "cs: {country: CZ}", "cs: {country: SK}"),
        ("organisation.yml", "locales.cs.country", "no authority"),
    ),
    # What a form may do
    "c_03 a consent joined with another": (
        (
            DEMO,
            "purposes: [respond_to_request, newsletter, product_offers]\n\nfields",
            "purposes: [respond_to_request, [newsletter, product_offers]]\n\nfields",
        ),
        (DEMO, "purposes.2", "joins purposes"),
    ),
    "c_01 a box ticked beforehand": (
        (
            CONTACT,
            "purposes: [respond_to_request, newsletter]\n\nfields",
            "purposes: [respond_to_request, {purpose: newsletter, preselected: true}]\n\nfields",
        ),
        (CONTACT, "purposes.2", "before anybody said yes"),
    ),
    "c_04 a yes that is a condition": (
        (
            CONTACT,
            "purposes: [respond_to_request, newsletter]\n\nfields",
            "purposes: [respond_to_request, {purpose: newsletter, required: true}]\n\nfields",
        ),
        (CONTACT, "purposes.2", "a condition"),
    ),
    "c_04 a field that must be given for what may be refused": (
        (
            CONTACT,
            '{name: email, necessity: "one_of:contact", purposes: [respond_to_request, newsletter]}',
            "{name: email, necessity: required, purposes: [newsletter]}",
        ),
        (CONTACT, "fields.3.necessity", "only what the person may refuse"),
    ),
    "c_04 a content that hangs on a yes to the newsletter": (
        ("forms/download.yml", "purposes: [deliver_content]}", "purposes: [newsletter]}"),
        ("forms/download.yml", "fields.1.purposes", "ties what is given to a yes to newsletter"),
    ),
    "c_04 a form that gives something and asks for nothing but consent": (
        ("forms/newsletter.yml", "kind: button", "kind: contest"),
        ("forms/newsletter.yml", "purposes", "hangs on that yes"),
    ),
    "c_04 advertising as a part of the contract": (
        (
            "purposes.yml",
            "dpv: https://w3id.org/dpv#RequestedServiceProvision",
            "dpv: https://w3id.org/dpv#DirectMarketing",
        ),
        ("purposes.yml", "respond_to_request.basis", "advertising a part of what was ordered"),
    ),
    "c_03 a purpose that is two": (
        (
            "purposes.yml",
            "dpv: https://w3id.org/dpv#CustomerClaimsManagement",
            "dpv: [https://w3id.org/dpv#CustomerClaimsManagement, https://w3id.org/dpv#CustomerCare]",
        ),
        ("purposes.yml", "handle_complaint.dpv", "joins purposes"),
    ),
    "c_01 a purpose agreed to beforehand": (
        ("purposes.yml", "newsletter:\n", "newsletter:\n  preselected: true\n"),
        ("purposes.yml", "newsletter.preselected", "out of the person's hands"),
    ),
    "c_04 a purpose that must be agreed to": (
        ("purposes.yml", "newsletter:\n", "newsletter:\n  required: true\n"),
        ("purposes.yml", "newsletter.required", "out of the person's hands"),
    ),
    "c_01 a field filled in beforehand": (
        (DEMO, "{name: role, necessity: optional,", "{name: role, default: owner, necessity: optional,"),
        (DEMO, "fields.5.default", "before the person does"),
    ),
    "n_17 a form in a language that is not offered": (
        (DEMO, "stage: late", "stage: late\nlanguages: [en, de]"),
        (DEMO, "languages", "names de"),
    ),
    "n_17 a form without the complete language": (
        (DEMO, "stage: late", "stage: late\nlanguages: [lv]"),
        (DEMO, "languages", "lacks en"),
    ),
    "m_02 a field without a purpose": (
        (
            DEMO,
            "{name: company, necessity: optional, purposes: [respond_to_request]}",
            "{name: company, necessity: optional}",
        ),
        (DEMO, "fields.4.purposes", "is missing"),
    ),
    "m_02 a field for nothing": (
        (
            DEMO,
            "{name: company, necessity: optional, purposes: [respond_to_request]}",
            "{name: company, necessity: optional, purposes: []}",
        ),
        (DEMO, "fields.4.purposes", "is empty"),
    ),
    "m_02 a field without a reason": (
        (EN, "    why: So that we show you the part you would work with.\n", ""),
        (EN, "fields.role.why", "nobody says why"),
    ),
    "m_04 a kind of data that is not asked for": (
        ("fields.yml", "https://w3id.org/dpv/pd#Job", "https://w3id.org/dpv/pd#Gender"),
        ("fields.yml", "role.personal_data", "not known"),
    ),
    "m_05 a text without bounds": (
        (
            "fields.yml",
            "type: long_text\n  max_length: 1000\n  personal_data: https://w3id.org/dpv/pd#Communication",
            "type: long_text\n  max_length: 100000\n  personal_data: https://w3id.org/dpv/pd#Communication",
        ),
        ("fields.yml", "message.max_length", "not such a number"),
    ),
    "a field that does not exist": (
        (DEMO, "{name: role,", "{name: rolle,"),
        (DEMO, "fields.5.name", "fields.yml does not have"),
    ),
    "a field asked twice": (
        (DEMO, "{name: company, necessity", "{name: name, necessity"),
        (DEMO, "fields.4.name", "asks already"),
    ),
    "a purpose that does not exist": (
        (DEMO, "newsletter, product_offers]\n\nfields", "newsletter, product_offers, world_peace]\n\nfields"),
        (DEMO, "purposes.4", "purposes.yml does not have"),
    ),
    "a field for a purpose of another form": (
        (
            CONTACT,
            "{name: name, necessity: optional, purposes: [respond_to_request]}",
            "{name: name, necessity: optional, purposes: [product_offers]}",
        ),
        (CONTACT, "fields.2.purposes", "no purpose of this form"),
    ),
    "a purpose for which nothing is asked": (
        (
            CONTACT,
            "purposes: [respond_to_request, newsletter]\n\nfields",
            "purposes: [respond_to_request, newsletter, product_offers]\n\nfields",
        ),
        (CONTACT, "purposes", "no field is asked"),
    ),
    "a newsletter without an address": (
        (
            CONTACT,
            '{name: email, necessity: "one_of:contact", purposes: [respond_to_request, newsletter]}',
            '{name: email, necessity: "one_of:contact", purposes: [respond_to_request]}',
        ),
        (CONTACT, "fields", "lacks email"),
    ),
    "a choice of one": (
        (CONTACT, '{name: phone, necessity: "one_of:contact"', "{name: phone, necessity: optional"),
        (CONTACT, "fields", "one field alone"),
    ),
    "a necessity that is none": (
        (CONTACT, "{name: name, necessity: optional", "{name: name, necessity: nice"),
        (CONTACT, "fields.2.necessity", "not known"),
    ),
    "a kind of form that is none": ((DEMO, "kind: landing", "kind: trap"), (DEMO, "kind", "not known")),
    "a field asked after a number that comes later": (
        (
            FEEDBACK,
            "{name: comment, necessity: optional,",
            "{name: comment, asked_if: {field: phone, at_most: 6}, necessity: optional,",
        ),
        (FEEDBACK, "fields.2.asked_if.field", "no whole number asked before"),
    ),
    "a field asked after a text": (
        (FEEDBACK, "asked_if: {field: rating", "asked_if: {field: comment"),
        (FEEDBACK, "fields.3.asked_if.field", "no whole number asked before"),
    ),
    "a field that would always be asked": (
        (FEEDBACK, "at_most: 6", "at_most: 10"),
        (FEEDBACK, "fields.3.asked_if.at_most", "not such a number"),
    ),
    "a field that would never be asked": (
        (FEEDBACK, "at_most: 6", "at_most: -1"),
        (FEEDBACK, "fields.3.asked_if.at_most", "not such a number"),
    ),
    "a field asked of some and needed of all": (
        (FEEDBACK, "{name: phone, necessity: optional", "{name: phone, necessity: required"),
        (FEEDBACK, "fields.3.necessity", "not always asked"),
    ),
    "a condition with another word in it": (
        (FEEDBACK, "{field: rating, at_most: 6}", "{field: rating, at_most: 6, at_least: 2}"),
        (FEEDBACK, "fields.3.asked_if.at_least", "not a key that is known"),
    ),
    "n_13 scores without a word about them": (
        (EN, "    scoring: >-", "    scoring_of_sorts: >-"),
        (EN, "forms.request_demo.scoring", "scored"),
    ),
    "n_13 leads approved by a rule without a word about it": (
        (DEMO, "first_response: PT4H\n", "first_response: PT4H\napprove_automatically: {version: 1}\n"),
        (EN, "forms.request_demo.approval", "without a person"),
    ),
    "a rule that asks for points nobody can get": (
        (CONTACT, "stage: ", "approve_automatically: {version: 1, score_at_least: 5}\nstage: "),
        (CONTACT, "approve_automatically.score_at_least", "has no score"),
    ),
    "a rule that approves everybody": (
        (DEMO, "first_response: PT4H\n", "approve_automatically: {version: 1, confirmed_email: false}\n"),
        (DEMO, "approve_automatically.confirmed_email", "leaves nothing to ask for"),
    ),
    "m_03 points for merely answering": (
        (DEMO, "field: role, any_of: [owner, manager]", "field: company, any_of: [anything]"),
        (DEMO, "qualification.lines.3.field", "no number or choice"),
    ),
    "a score of an answer that cannot be given": (
        (DEMO, "any_of: [over_300]", "any_of: [a_lot]"),
        (DEMO, "qualification.lines.4.any_of", "cannot be chosen"),
    ),
    # Words
    "n_17 an English sentence missing": (
        (EN, "    title: See Tidewick at work\n", ""),
        (EN, "forms.request_demo.title", "is missing"),
    ),
    "n_16 a first layer that is too long": (
        (EN, "asks for your e-mail address to send you", f"asks for your {'very ' * 60}e-mail address to send you"),
        (EN, "forms.newsletter.short", "has room for 600"),
    ),
    "n_16 a first layer that does not say for whom": (
        (
            EN,
            "work for us: {recipients}. We keep it for {duration.newsletter}",
            "work for us. We keep it for {duration.newsletter}",
        ),
        (EN, "forms.newsletter.short", "{recipients}"),
    ),
    "n_16 a first layer that does not say how long": (
        (EN, "We keep it for {duration.newsletter} after you last got in touch", "We keep it for a while"),
        (EN, "forms.newsletter.short", "{duration.newsletter}"),
    ),
    "a stale text in another language": (
        ("locales/lv.yml", "rights:\n", "rights:\n  A99: Lidot.\n"),
        ("locales/lv.yml", "rights.A99", "nothing uses"),
    ),
    "v_05 another language that fills in something else": (
        ("locales/pl.yml", "{duration} od wysłania", "pół roku od wysłania"),
        ("locales/pl.yml", "kept.submission", "other words in braces"),
    ),
    "n_04 a vague purpose in another language": (
        ("locales/pl.yml", "Osoba z naszego działu sprzedaży", "W celach marketingowych osoba"),
        ("locales/pl.yml", "purposes.respond_to_request.text", "celach marketingowych"),
    ),
    "n_04 a label for a purpose": (
        (
            "locales/cs.yml",
            "text: >-\n      To, co napíšete, si přečte",
            "text: Odpovíme vám.\n    was: >-\n      To si přečte",
        ),
        ("locales/cs.yml", "purposes.respond_to_request.text", "shorter than 40"),
    ),
    "v_02 a character that reorders": (
        (
            EN,
            "    benefit: One short letter a month with ideas",
            '    benefit: "One short \\u202eletter"\n    was: With ideas',
        ),
        (EN, "forms.newsletter.benefit", "U+202E"),
    ),
    "v_02 half a character": (
        (
            EN,
            "    benefit: One short letter a month with ideas",
            '    benefit: "One \\ud800 letter"\n    was: With ideas',
        ),
        (EN, "line", "invalid Unicode character"),
    ),
    # YAML
    "a key twice": (
        ("recipients.yml", "  country: DE\n", "  country: DE\n  country: FR\n"),
        ("recipients.yml", "line 8", "stands twice"),
    ),
    "an unknown key": (
        ("recipients.yml", "  country: DE\n", "  country: DE\n  colour: blue\n"),
        ("recipients.yml", "crm.colour", "not a key that is known"),
    ),
    "an alias": (
        (
            "recipients.yml",
            "  name: Pašto Balandis Example UAB\n",
            "  name: &a Pašto Balandis Example UAB\n  role: *a\n",
        ),
        ("recipients.yml", "line 12", "alias"),
    ),
    "a key that is a number": (
        ("recipients.yml", "  country: DE\n", "  country: DE\n  12: x\n"),
        ("recipients.yml", "line 8", "a key is not a word"),
    ),
    "v_02 a hidden character in a name": (
        ("recipients.yml", "name: Brightledger Example GmbH", 'name: "Brightledger\\u0007 Example GmbH"'),
        ("recipients.yml", "crm.name", "U+0007"),
    ),
    "no YAML at all": (
        ("fields.yml", "name:\n  type: text", "name: [\n  type: text"),
        ("fields.yml", "line", "not YAML"),
    ),
}
