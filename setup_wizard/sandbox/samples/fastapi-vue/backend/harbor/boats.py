"""The boats that lie in the harbor."""
from fastapi import APIRouter

router = APIRouter(prefix="/api/boats")

BOATS = {1: "Albatross", 2: "Petrel"}


@router.get("/")
async def boats() -> dict[str, list[str]]:
    return {"boats": sorted(BOATS.values())}


@router.get("/{number}")
async def boat(number: int) -> dict[str, str]:
    return {"name": BOATS[number]}
