"""Routes."""
from django.http import JsonResponse
from django.urls import path

urlpatterns = [
    path("api/v1/fruit/", lambda request: JsonResponse({"fruit": ["apple", "pear"]})),
]
