"""Creates the state of each scenario, and closes its subject afterwards."""

import os
import sys

sys.path.insert(0, os.environ["SUBJECTS"])

import events
import subjects


def before_scenario(context, scenario):
    context.subject = None
    context.options = {}
    context.environment = {}
    context.evaluation = {}
    context.events = events.Events()
    context.make = lambda kind, options: subjects.make(kind, options, context.events)


def after_scenario(context, scenario):
    if context.subject is not None:
        context.subject.close()
    for name in context.environment:
        os.environ.pop(name, None)
