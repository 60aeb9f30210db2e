"""FastAPI: one client for the whole application, made when it starts and awaited by its handlers.

python fastapi_app.py [PORT]
curl -X POST "http://127.0.0.1:8000/captures?meeting_arn=ARN&bucket_arn=ARN"
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

import chimeline


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with chimeline.client("chime-sdk-media-pipelines") as client:
        app.state.pipelines = client
        yield


app = FastAPI(lifespan=lifespan)


@app.post("/captures", status_code=201)
async def start(meeting_arn: str, bucket_arn: str) -> dict[str, Any]:
    response = await app.state.pipelines.create_media_capture_pipeline(
        SourceType="ChimeSdkMeeting", SourceArn=meeting_arn, SinkType="S3Bucket", SinkArn=bucket_arn
    )
    return response["MediaCapturePipeline"]


@app.get("/captures")
async def captures() -> list[Any]:
    pages = app.state.pipelines.get_paginator("list_media_capture_pipelines").paginate()
    return [pipeline async for page in pages for pipeline in page["MediaCapturePipelines"]]


@app.delete("/captures/{pipeline_id}", status_code=204)
async def stop(pipeline_id: str) -> None:
    await app.state.pipelines.delete_media_capture_pipeline(MediaPipelineId=pipeline_id)


@app.exception_handler(chimeline.exceptions.ClientError)
async def refused(request: Request, error: chimeline.exceptions.ClientError) -> JSONResponse:
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    return JSONResponse({"error": error.response["Error"], "hint": error.hint}, status if status < 500 else 502)


@app.exception_handler(chimeline.exceptions.ParamValidationError)
async def invalid(request: Request, error: chimeline.exceptions.ParamValidationError) -> JSONResponse:
    return JSONResponse({"error": str(error)}, 422)


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]) if sys.argv[1:] else 8000, loop="uvloop")
