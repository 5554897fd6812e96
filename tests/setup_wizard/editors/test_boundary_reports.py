"""Boundaries that are there already: what is put into them, what is refused, and that a second run changes nothing."""

from __future__ import annotations

import pytest

from setup_wizard.editors.base import Edited, Refused, Unchanged
from setup_wizard.editors.boundary_reports import report_caught, report_route_errors, report_solid

SOLID = "import { render } from 'solid-js/web'\nimport { ErrorBoundary } from 'solid-js'\n"
SOLID_MADE = (
    "import * as Sentry from '@sentry/solid'\nimport { render } from 'solid-js/web'\nimport { ErrorBoundary } from 'solid-js'\n\n"
    "const SentryErrorBoundary = Sentry.withSentryErrorBoundary(ErrorBoundary)\n"
)
BODY = "const A = () => (\n  <ErrorBoundary fallback={<p>ä</p>}>\n    <B />\n  </ErrorBoundary>\n)\n"
ROOT = 'import { isRouteErrorResponse, Outlet } from "react-router";\n\n'
ROOT_MADE = 'import * as Sentry from "@sentry/react-router";\n' + ROOT


def once_more(editor, made: str, *rest: str) -> None:
    again = editor(made.encode(), *rest)
    assert isinstance(again, Unchanged) or (isinstance(again, Edited) and again.data == made.encode())


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_solid_gets_the_boundary_of_its_sdk(end):
    text = (SOLID + "\n" + BODY).replace("\n", end)
    done = report_solid(text.encode(), "a.tsx", "@sentry/solid")
    assert isinstance(done, Edited)
    wanted = SOLID_MADE + "\n" + BODY.replace("<ErrorB", "<SentryErrorB").replace("</ErrorB", "</SentryErrorB")
    assert done.data.decode() == wanted.replace("\n", end)
    once_more(report_solid, done.data.decode(), "a.tsx", "@sentry/solid")


@pytest.mark.parametrize(
    "text",
    ["const SentryErrorBoundary = 1\n" + SOLID + BODY, "const Sentry = 1\n" + SOLID + BODY, SOLID + "const a = (\n"],
)
def test_solid_is_left_where_names_are_taken(text):
    done = report_solid(text.encode(), "a.tsx", "@sentry/solid")
    assert isinstance(done, Refused) and "withSentryErrorBoundary" in done.snippet


CLASS = "import { Component } from 'preact'\n\nclass A extends Component {\n  componentDidCatch(error, info) {%s}\n}\n"
CAUGHT = [
    (CLASS % "\n    this.setState({ error })\n  ", 4, "{\n    Sentry.captureException(error)\n    this.setState({ error })\n  }"),
    (CLASS % "", 4, "{\n    Sentry.captureException(error)\n  }"),
    (CLASS.replace("(error, info)", "(e: Error)") % "\n\t\tlog(e);\n\t", 4, "{\n\t\tSentry.captureException(e);\n\t\tlog(e);\n\t}"),
    ("import { useErrorBoundary } from 'preact/hooks'\nconst [error] = useErrorBoundary()\n", 2, "useErrorBoundary((error) => Sentry.captureException(error))"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "wanted"), CAUGHT)
def test_what_catches_an_error_reports_it_first(text, line, wanted):
    done = report_caught(line)(text.encode(), "a.tsx", "@sentry/browser")
    assert isinstance(done, Edited) and wanted in done.data.decode()
    assert "import * as Sentry from '@sentry/browser'\n" in done.data.decode()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (CLASS.replace("(error, info)", "()") % "\n    this.x()\n  ", 4),
        (CLASS % " this.x(error) ", 4),
        ("import { useErrorBoundary } from 'preact/hooks'\nuseErrorBoundary(show)\n", 2),
        ("export const a = 1\nuseErrorBoundary()\n", 2),
    ],
)
def test_what_is_caught_in_another_way_is_left(text, line):
    assert isinstance(report_caught(line)(text.encode(), "a.tsx", "@sentry/browser"), Refused)


ROUTES = [
    (
        ROOT + "export function ErrorBoundary({ error }: Route.ErrorBoundaryProps) {\n  let message = null;\n  return <p>{message}</p>;\n}\n",
        ROOT_MADE + "export function ErrorBoundary({ error }: Route.ErrorBoundaryProps) {\n  if (!isRouteErrorResponse(error)) {\n"
        "    Sentry.captureException(error);\n  }\n  let message = null;\n  return <p>{message}</p>;\n}\n",
    ),
    (
        ROOT + "export function ErrorBoundary() {\n  const error = useRouteError();\n  return <p />;\n}\n",
        ROOT_MADE + "export function ErrorBoundary() {\n  const error = useRouteError();\n  if (!isRouteErrorResponse(error)) {\n"
        "    Sentry.captureException(error);\n  }\n  return <p />;\n}\n",
    ),
    (
        ROOT.replace("isRouteErrorResponse, ", "") + "export function Layout() {\n  return <html />;\n}\n",
        ROOT_MADE.replace("isRouteErrorResponse, ", "") + "export function Layout() {\n  return <html />;\n}\n\n"
        "export function ErrorBoundary({ error }: { error: unknown }) {\n  if (error instanceof Error) {\n    Sentry.captureException(error);\n"
        "  }\n  return <p>Something went wrong.</p>;\n}\n",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), ROUTES)
def test_the_root_route_reports_what_its_boundary_gets(text, wanted):
    done = report_route_errors(text.encode(), "app/root.tsx", "@sentry/react-router")
    assert isinstance(done, Edited) and done.data.decode() == wanted
    once_more(report_route_errors, done.data.decode(), "app/root.tsx", "@sentry/react-router")


@pytest.mark.parametrize(
    "text",
    [
        ROOT + "export default function Root() {\n  return <html />;\n}\n",
        ROOT + "export { ErrorBoundary } from './oops';\nexport function Layout() {}\n",
        ROOT + "export const ErrorBoundary = Oops;\n",
        ROOT + "export function ErrorBoundary() {\n  return <p />;\n}\n",
    ],
)
def test_another_root_route_is_left(text):
    done = report_route_errors(text.encode(), "app/root.tsx", "@sentry/react-router")
    assert isinstance(done, Refused) and "captureException" in done.snippet
