"""Django's async views in one file. The client is made at the first request, and then shared by all.

python django_app.py [PORT]
curl http://127.0.0.1:8001/captures
"""

from __future__ import annotations

import sys
from functools import cache
from uuid import UUID

import django
import uvicorn
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import HttpRequest, JsonResponse
from django.urls import path

import chimeline
from chimeline.services.media_pipelines import ChimeSDKMediaPipelines

settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["127.0.0.1"], SECRET_KEY="of an example")  # noqa: S106
django.setup()


@cache
def pipelines() -> ChimeSDKMediaPipelines:
    return chimeline.client("chime-sdk-media-pipelines")


async def captures(request: HttpRequest) -> JsonResponse:
    listed = await pipelines().list_media_capture_pipelines()
    return JsonResponse({"captures": listed["MediaCapturePipelines"]})


async def capture(request: HttpRequest, pipeline_id: UUID) -> JsonResponse:
    try:
        found = await pipelines().get_media_capture_pipeline(MediaPipelineId=str(pipeline_id))
    except chimeline.exceptions.NotFoundException as error:
        return JsonResponse({"error": str(error), "hint": error.hint}, status=404)
    return JsonResponse(found["MediaCapturePipeline"])


urlpatterns = [path("captures", captures), path("captures/<uuid:pipeline_id>", capture)]
application = get_asgi_application()

if __name__ == "__main__":
    uvicorn.run(application, host="127.0.0.1", port=int(sys.argv[1]) if sys.argv[1:] else 8001, lifespan="off")
