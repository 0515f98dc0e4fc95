# The service: public, internal and review doors, the worker and the migration are this image with another command.
FROM python:3.11-slim-bookworm AS build
COPY requirements/service.txt /build/
RUN python -m venv /opt/vestibule \
 && /opt/vestibule/bin/pip install --no-cache-dir --quiet --disable-pip-version-check --no-deps --require-hashes \
        -r /build/service.txt \
 && /opt/vestibule/bin/pip uninstall --quiet --yes pip setuptools
COPY intake_api /app/intake_api
# The file system is read-only when it runs: what Python would compile then is compiled now.
RUN /opt/vestibule/bin/python -m compileall -q /app /opt/vestibule/lib

FROM python:3.11-slim-bookworm
RUN groupadd --gid 10001 vestibule \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin vestibule \
 && mkdir -p /var/lib/vestibule/crm /var/lib/vestibule/evidence /var/lib/vestibule/mail \
 && chown -R vestibule:vestibule /var/lib/vestibule
COPY --from=build /opt/vestibule /opt/vestibule
COPY --from=build /app /app
COPY docker/healthy.py /app/
COPY catalogue /app/catalogue
WORKDIR /app
ENV PATH=/opt/vestibule/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    VESTIBULE_CATALOGUE=/app/catalogue \
    VESTIBULE_DESTINATION_FILE=/var/lib/vestibule/crm/leads.jsonl \
    VESTIBULE_MAIL_FOLDER=/var/lib/vestibule/mail \
    VESTIBULE_CHECKPOINT_FILE=/var/lib/vestibule/evidence/checkpoints.jsonl
USER 10001:10001
CMD ["python", "-m", "intake_api", "--help"]
