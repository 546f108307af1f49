"""The pages of the webmail."""

from django.urls import path
from django.views.generic import RedirectView

from webmail.views import compose, deeds, pages, parts

urlpatterns = [
    path("", RedirectView.as_view(url="/mail/"), name="home"),
    path("mail/", pages.home, name="mail-home"),
    path("mail/act", deeds.deed, name="mail-act"),
    path("mail/undo", deeds.undo, name="mail-undo"),
    path("mail/write", compose.write, name="mail-write"),
    path("mail/unsend", compose.unsend, name="mail-unsend"),
    path("mail/upload", compose.upload, name="mail-upload"),
    path("mail/people", compose.people, name="mail-people"),
    path("mail/image/", parts.image, name="mail-image-root"),
    path("mail/image/<str:token>", parts.image, name="mail-image"),
    path("mail/message/<slug:email>/source", parts.source, name="mail-source"),
    path("mail/message/<slug:email>/<slug:part>/body", parts.body, name="mail-body"),
    path("mail/message/<slug:email>/<slug:part>/file", parts.download, name="mail-file"),
    path("mail/message/<slug:email>/<slug:part>/picture", parts.picture, name="mail-picture"),
    path("mail/<slug:key>/", pages.mail, name="mail-list"),
    path("mail/<slug:key>/compose", compose.compose, name="mail-compose"),
    path("mail/<slug:key>/<slug:thread>", pages.mail, name="mail-conversation"),
]
