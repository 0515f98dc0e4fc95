# Rasa without TensorFlow, with the model trained at build time: a container starts with what it was tested with.
FROM python:3.10-slim-bookworm AS build
COPY requirements/bot.txt /build/
RUN python -m venv /opt/bot \
 && /opt/bot/bin/pip install --no-cache-dir --quiet --disable-pip-version-check --no-deps --require-hashes \
        -r /build/bot.txt
WORKDIR /app
COPY catalogue catalogue
COPY data data
COPY config.yml credentials.yml domain.yml endpoints.yml ./
COPY bot bot
RUN /opt/bot/bin/python -m bot.train_if_changed && /opt/bot/bin/python -m compileall -q /app/bot /opt/bot/lib

FROM python:3.10-slim-bookworm
RUN groupadd --gid 10002 bot \
 && useradd --uid 10002 --gid 10002 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin bot
COPY --from=build /opt/bot /opt/bot
COPY --from=build /app /app
COPY docker/healthy.py /app/
WORKDIR /app
ENV PATH=/opt/bot/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
USER 10002:10002
CMD ["python", "-m", "bot.serve"]
