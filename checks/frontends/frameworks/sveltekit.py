"""SvelteKit: `hooks.client` runs first; its `handleError` gets the errors that SvelteKit catches itself.

https://docs.sentry.io/platforms/javascript/guides/sveltekit/manual-setup/
https://svelte.dev/docs/kit/hooks
https://svelte.dev/docs/kit/$lib
"""

from __future__ import annotations

from checks.frontends.framework import Framework, Output

FRAMEWORK = Framework(
    name="SvelteKit",
    packages=("@sveltejs/kit",),
    sdk="@sentry/sveltekit",
    guide="sveltekit",
    bundler="vite",
    client_files=("src/hooks.client",),
    root_files=("src/hooks.client",),
    aliases={"$lib/": ("src/lib/",), "$lib": ("src/lib",)},
    traces=True,
    plugin=("@sentry/sveltekit", "sentrySvelteKit"),
    public=("VITE_", "PUBLIC_"),
    output=Output(folder=".svelte-kit/output", plugins=("@sveltejs/kit/vite",), fixed=True),
)
