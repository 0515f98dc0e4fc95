"""How the pages of acts on many leads say what is done, what came of it, and why a lead was left out."""

from collections.abc import Mapping

from intake_api.flows.preview_bulk import MORE, NOT_ALL
from intake_api.rules.bulk import MOST, BulkAct, JobState, LeftOut, Stopped
from intake_api.rules.forwarding import OBSTACLES
from intake_api.store.bulk_jobs import BulkJob
from intake_api.web.review.tongue import _, _l
from intake_api.web.review.words import REASONS

ACTS: dict[BulkAct, str] = {
    BulkAct.APPROVE: _l("Approve and send"),
    BulkAct.CONTACT: _l("Mark as contacted"),
    BulkAct.SPAM: _l("Mark as spam"),
}
JOB_STATES: dict[JobState, str] = {
    JobState.PREVIEWED: _l("Not begun"),
    JobState.ASKED: _l("Waits for a second person"),
    JobState.QUEUED: _l("Under way"),
    JobState.WORKING: _l("Under way"),
    JobState.RETRYING: _l("Waits to be tried again"),
    JobState.DONE: _l("Done"),
    JobState.STOPPED: _l("Stopped"),
}
STOPPED_FOR: dict[str, str] = {
    Stopped.ASKED: _l("Somebody stopped it."),
    Stopped.ACCOUNT: _l("It was stopped because whoever began it may no longer decide."),
    Stopped.REFUSED: _l("The second person said no."),
    Stopped.UNANSWERED: _l("No second person said anything within a day."),
    Stopped.ASSIGNEE: _l("It was stopped because whoever was to be given the leads can no longer be given any."),
}
CUTS = {
    MORE: _l(
        "There are more than %(most)s. These are the first %(most)s of the list; do the rest after them.", most=MOST
    ),
    NOT_ALL: _l("Only so many leads are looked at in one go, so there may be more further on."),
}
WHY_LEFT_OUT: dict[str, str] = {
    **{one.code: _l(one.says) for one in OBSTACLES},
    LeftOut.STATE: _l("Where they stand now, this cannot be done with them."),
    LeftOut.RELEASE_FIRST: _l("They were declined while they were held. Release them first."),
    LeftOut.RESTRICTED: _l("The person asked that this be kept and not used."),
    LeftOut.SAME: _l("Nothing would change: they are in this hand already."),
    LeftOut.CHANGED: _l("Somebody changed them in the meantime. Look at them again."),
    LeftOut.MACHINE: _l("They look like a machine’s, or somebody said that they are spam."),
    LeftOut.TAKEN_BACK: _l("The person took everything back."),
    LeftOut.NO_PURPOSE: _l("Nothing that the person agreed to holds at present, so there is nothing to use them for."),
    LeftOut.BROKE: _l("They could not be judged: an error on our side. Open them one by one."),
}


def act_said(job: BulkJob, people: Mapping[str, str]) -> str:
    """Say what a job does. `people`: the e-mails of staff by their ids."""
    if job.act is BulkAct.DECLINE:
        return _("Decline: %(reason)s", reason=REASONS.get(job.reason or "", ""))
    if job.act is BulkAct.ASSIGN:
        return _give_to(people.get(job.given_to)) if job.given_to else _("Give to nobody")
    return str(ACTS[job.act])


def _give_to(email: str | None) -> str:
    return _("Give to %(email)s", email=email) if email else _("Give to somebody who left")
