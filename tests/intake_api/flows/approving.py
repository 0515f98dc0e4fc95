"""A catalogue in which the rule of a form approves leads, and says so."""

RULED = "first_response: PT4H\napprove_automatically: {version: 1, score_at_least: 50, confirmed_email: false}\n"
SAYS = (
    "    approval: >-\n      A simple sum is made of how many people would use it and what you do there. From\n"
    "      {score_at_least} points on your request goes to our sales system by itself; a person reads each other.\n"
)
SCORING = "    scoring: >-\n      To choose which request to read first, a simple sum is made of how many people"
TURN_ON = (
    ("forms/request_demo.yml", "first_response: PT4H\n", RULED),
    ("locales/en.yml", f"{SCORING} would use it, what", f"{SAYS}{SCORING} would use it, what"),
)
CONFIRMED = ("forms/request_demo.yml", ", confirmed_email: false", "")
