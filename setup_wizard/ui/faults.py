"""Work in the background that failed, also in a way nobody foresaw: it is told where the person looks, and the wizard continues."""

from __future__ import annotations

from textual.worker import Worker, WorkerState

from checks.errors import FaultError, SentrySetupError


class TellsFaults:
    """Mixed into the app and into each screen that starts workers; Textual tells a failure to the one that started it only."""

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Tell a failure."""
        error = event.worker.error
        if event.state is WorkerState.ERROR and error is not None:
            self.fail(error if isinstance(error, SentrySetupError) else FaultError(error))

    def fail(self, error: SentrySetupError) -> None:
        """Say what went wrong."""
        raise NotImplementedError
