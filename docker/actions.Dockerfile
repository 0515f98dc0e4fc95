# The action server: rasa-sdk alone, no Rasa.
FROM python:3.10-slim-bookworm AS build
COPY requirements/actions.txt /build/
RUN python -m venv /opt/actions \
 && /opt/actions/bin/pip install --no-cache-dir --quiet --disable-pip-version-check --no-deps --require-hashes \
        -r /build/actions.txt
COPY bot /app/bot
RUN /opt/actions/bin/python -m compileall -q /app/bot /opt/actions/lib

FROM python:3.10-slim-bookworm
RUN groupadd --gid 10003 actions \
 && useradd --uid 10003 --gid 10003 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin actions
COPY --from=build /opt/actions /opt/actions
COPY --from=build /app /app
COPY docker/healthy.py /app/
WORKDIR /app
ENV PATH=/opt/actions/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
USER 10003:10003
CMD ["python", "-m", "bot.actions"]
