"""The way into the durable engine (DBOS): work is enqueued in the caller's transaction, or not at all.

What is handed over is a key, never a value: the engine keeps what it is given, and names it in its own messages. How
the engine is used, and why so, stands in `docs/decisions/`; it is known here, in `workflows/` and in `worker.py` only.
"""

import threading
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from intake_api.clock import rfc3339

if TYPE_CHECKING:
    from dbos import DBOSClient

APPLICATION = "vestibule"
# Fixed, since every workflow is one short attempt: what an older version enqueued, a newer one can run.
VERSION = "1"
# Each workflow has a queue of its own, so that a full one holds up nothing else.
DELIVER_LEAD = "deliver_lead"
TELL_DESTINATION = "tell_destination"
SEND_CONFIRMATION = "send_confirmation"
SEND_RIGHTS_LINK = "send_rights_link"
SEND_LETTER = "send_letter"
SEND_RENEWAL = "send_renewal"
SEND_INVITATION = "send_invitation"
SEND_ASSIGNMENT = "send_assignment"
SEND_ALERT = "send_alert"
ACT_ON_MANY = "act_on_many"
ASK_DESTINATION = "ask_destination"
BATCH = 500


class Queue:
    """The engine as seen by those who give it work. Opening costs nothing; the engine is loaded on first use."""

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        self._lock = threading.Lock()
        self._opened: DBOSClient | None = None

    def load(self) -> None:
        """Load the engine now, for those who would otherwise keep a transaction waiting for it."""
        _ = self._client

    def enqueue(self, tx: Connection, workflow: str, key: str) -> None:
        """Enqueue a workflow for a key in the caller's transaction: both happen, or neither.

        The same workflow and key again change nothing for as long as the engine remembers the first.
        """
        self._client.enqueue_in_transaction(
            tx, {"workflow_name": workflow, "queue_name": workflow, "workflow_id": workflow_id(workflow, key)}, key
        )

    def take_over(self, worker: str) -> int:
        """Put what this worker had begun back into its queues; return how much. Repeating it does no harm."""
        begun = self._client.list_workflows(status="PENDING", executor_id=worker, load_input=False, load_output=False)
        by_queue: dict[str | None, list[str]] = {}
        for workflow in begun:
            by_queue.setdefault(workflow.queue_name, []).append(workflow.workflow_id)
        for queue, ids in by_queue.items():
            self._client.resume_workflows(ids, queue_name=queue)
        return len(begun)

    def workers(self) -> set[str]:
        """Return the workers that have begun something which has not ended."""
        begun = self._client.list_workflows(status="PENDING", load_input=False, load_output=False)
        return {one.executor_id for one in begun if one.executor_id is not None}

    def failed_keys(self, workflow: str) -> list[str]:
        """Return the keys of workflows that ended by an error instead of doing their work, at most a batch."""
        ended = ["ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]
        found = self._client.list_workflows(
            status=ended, name=workflow, limit=BATCH, load_input=False, load_output=False
        )
        return [one.workflow_id.removeprefix(f"{workflow}:") for one in found]

    def forget(self, workflow: str, keys: Iterable[str]) -> None:
        """Remove what the engine remembers of these keys."""
        self._client.delete_workflows([workflow_id(workflow, key) for key in keys])

    def remove_finished(self, *, before: datetime) -> int:
        """Remove what the engine remembers of work that was done before a moment; return how much, at most a batch."""
        done = self._client.list_workflows(
            status="SUCCESS", completed_before=rfc3339(before), limit=BATCH, load_input=False, load_output=False
        )
        self._client.delete_workflows([one.workflow_id for one in done])
        return len(done)

    def close(self) -> None:
        """Let go of the engine's connections."""
        with self._lock:
            if self._opened is not None:
                self._opened.destroy()
                self._opened = None

    @property
    def _client(self) -> "DBOSClient":
        with self._lock:
            if self._opened is None:
                self._opened = _open_client(self._database_url)
            return self._opened


def workflow_id(workflow: str, key: str) -> str:
    """Return the engine's name for a workflow on a key."""
    return f"{workflow}:{key}"


def prepare_queue(database_url: str) -> None:
    """Make or migrate the engine's own tables: beside ours in SQLite, in the schema `dbos` of a PostgreSQL database."""
    from dbos import DBOS

    DBOS.migrate(database_url)


def _open_client(database_url: str) -> "DBOSClient":
    # The engine weighs 28 MB: a process that never enqueues does not load it.
    from dbos import DBOSClient, DBOSPortableJSONSerializer

    return DBOSClient(
        system_database_url=database_url,
        application_name=APPLICATION,
        # The engine's own choice is pickle, which would run whatever somebody wrote into the table.
        serializer=DBOSPortableJSONSerializer(),
        system_database_pool_size=2,
        lazy=True,
        retry_connection_errors=False,
    )
