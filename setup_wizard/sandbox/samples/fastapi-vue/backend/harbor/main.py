"""The API, and the pages that are built into its image."""
from pathlib import Path

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from harbor.boats import router

STATIC = Path(__file__).resolve().parent.parent / "static"

app = FastAPI(title="Harbor")
app.include_router(router)
if STATIC.exists():
    app.mount("/", StaticFiles(directory=STATIC, html=True))
