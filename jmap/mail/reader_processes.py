"""Processes that read messages for an import. This module loads nothing of Django's models: it is what such a process
imports first, before it has settings."""

import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import django
from django.conf import settings


def reader_processes() -> ProcessPoolExecutor:
    """One a core. They are started anew, not forked: a fork would share our database connection."""
    return ProcessPoolExecutor(os.cpu_count(), get_context("spawn"), set_up, (settings.SETTINGS_MODULE,))


def set_up(settings_module: str) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = settings_module
    django.setup()
