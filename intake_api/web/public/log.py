"""The log of the evidence as anybody may check it: its signed state, an entry's place in it, that it only grows (E-05).

No entry is told: who asks for a proof knows the hash and the place already, as a receipt's owner does.
"""

from flask import Blueprint, Response

from intake_api.flows.issue_receipt import signed_checkpoint
from intake_api.store import evidence
from intake_api.store.checkpoints import checkpoint_within, find_checkpoint, last_checkpoint
from intake_api.verifier import in_base64
from intake_api.web.access import open_to
from intake_api.web.answers import json_answer
from intake_api.web.door import door
from intake_api.web.errors import RequestProblem
from intake_api.web.public.schemas import receipts
from intake_api.web.strict_query import read_query, refuse_query

log = Blueprint("log", __name__)

STEP = 50_000  # leaves that are read for one answer at most; who comes from further back walks


@log.get("/v1/evidence/checkpoint")
@open_to("anyone")
def get_checkpoint() -> Response:
    """Return the newest signed state of the log."""
    refuse_query()
    with door().store.reading() as tx:
        newest = last_checkpoint(tx)
    if newest is None:
        raise RequestProblem("log_unknown")
    return json_answer(signed_checkpoint(newest))


@log.get("/v1/evidence/proof")
@open_to("anyone")
def get_proof() -> Response:
    """Return the path from an entry to the first signed state that holds it."""
    asked = read_query(receipts.ProofQuery())
    with door().store.reading() as tx:
        entry = evidence.find_placed(tx, bytes.fromhex(asked["leaf_hash"]), int(asked["place"]))
        proven = evidence.prove(tx, entry) if entry else None
    if proven is None or proven.checkpoint is None:
        raise RequestProblem("log_unknown")
    path = [in_base64(beside) for beside in proven.path]
    place, checkpoint = int(asked["place"]), signed_checkpoint(proven.checkpoint)
    return json_answer({"place": place, "size": proven.checkpoint.size, "path": path, "checkpoint": checkpoint})


@log.get("/v1/evidence/growth")
@open_to("anyone")
def get_growth() -> Response:
    """Return the proof that the log goes on from a signed state: to the newest one, or as far as one answer goes."""
    asked = read_query(receipts.GrowthQuery())
    with door().store.reading() as tx:
        earlier = find_checkpoint(tx, int(asked["size"]))
        later = earlier and checkpoint_within(tx, earlier.size + STEP)
        if earlier is None or later is None:
            raise RequestProblem("log_unknown")
        path = [in_base64(beside) for beside in evidence.prove_growth(tx, earlier, later)]
    return json_answer({"from": earlier.size, "size": later.size, "path": path, "checkpoint": signed_checkpoint(later)})
