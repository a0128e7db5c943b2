"""The peer of the HTTP measurements: an empty FastAPI application under the same server."""

from fastapi import FastAPI

app = FastAPI(telemetry={"tracing": False, "metrics": False})


@app.get("/bare")
async def bare() -> dict[str, bool]:
    return {"ok": True}


@app.post("/bare")
async def bare_post() -> dict[str, bool]:
    return {"ok": True}
