"""The texts of a message that exist in Korean and English."""

from modeltranslation.translator import TranslationOptions, register

from .models import Message


@register(Message)
class MessageTranslation(TranslationOptions):
    fields = ("body", "alt", "name")
