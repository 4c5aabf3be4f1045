WITH "t6" AS (
  SELECT
    *
  FROM (
    SELECT
      "t1"."agent",
      "t1"."destination",
      "t1"."port",
      "t1"."protocol",
      "t1"."flow",
      MAX("t1"."rule") FILTER(WHERE
        "t1"."watched") AS "denied_by",
      MAX("t1"."rule") FILTER(WHERE
        NOT (
          "t1"."watched"
        )) AS "permitted_by",
      1 AS "lines",
      CAST(IF(BOOL_OR(NOT (
        "t1"."watched"
      ) AND NOT (
        "t1"."known_rule"
      )), 1, 0) AS BIGINT) AS "unknown",
      MAX("t1"."bytes_out") AS "bytes_out",
      MAX("t1"."bytes_in") AS "bytes_in",
      MIN("t1"."time") AS "first_seen",
      MAX("t1"."time") AS "last_seen"
    FROM (
      SELECT
        "t0"."time",
        "t0"."source",
        "t0"."sender",
        "t0"."agent",
        "t0"."by_agent",
        "t0"."server_name",
        "t0"."address",
        COALESCE("t0"."port", -1) AS "port",
        "t0"."protocol",
        "t0"."rule",
        "t0"."known_rule",
        "t0"."verdict",
        "t0"."enforced",
        "t0"."flow",
        "t0"."upstream",
        "t0"."bytes_out",
        "t0"."bytes_in",
        (
          "t0"."verdict" = 'DENY'
        ) AND NOT (
          "t0"."enforced"
        ) AS "watched",
        (
          "t0"."verdict" = 'PERMIT'
        )
        AND COALESCE(SUBSTR("t0"."rule", -LENGTH('-monitor-permit')) = '-monitor-permit', FALSE) AS "fallen",
        COALESCE("t0"."server_name", "t0"."address") AS "destination"
      FROM "decisions" AS "t0"
      WHERE
        "t0"."source" IN ('gateway-l4', 'gateway-l7', 'flowiq')
        AND (
          (
            (
              "t0"."verdict" = 'DENY'
            ) AND NOT (
              "t0"."enforced"
            )
          )
          OR (
            (
              "t0"."verdict" = 'PERMIT'
            )
            AND COALESCE(SUBSTR("t0"."rule", -LENGTH('-monitor-permit')) = '-monitor-permit', FALSE)
          )
        )
        AND "t0"."flow" IS NOT NULL
    ) AS "t1"
    GROUP BY
      1,
      2,
      3,
      4,
      5
  ) AS "t3"
  UNION ALL
  SELECT
    *
  FROM (
    SELECT
      "t4"."agent",
      "t4"."destination",
      "t4"."port",
      "t4"."protocol",
      "t4"."flow",
      "t4"."denied_by",
      "t4"."permitted_by",
      IF("t4"."denied_by" IS NOT NULL, "t4"."watched_lines", "t4"."every_line") AS "lines",
      "t4"."unknown",
      IF("t4"."has_out", "t4"."total_out", CAST(NULL AS BIGINT)) AS "bytes_out",
      IF("t4"."has_in", "t4"."total_in", CAST(NULL AS BIGINT)) AS "bytes_in",
      "t4"."first_seen",
      "t4"."last_seen"
    FROM (
      SELECT
        "t2"."agent",
        "t2"."destination",
        "t2"."port",
        "t2"."protocol",
        "t2"."flow",
        MAX("t2"."rule") FILTER(WHERE
          "t2"."watched") AS "denied_by",
        MAX("t2"."rule") FILTER(WHERE
          NOT (
            "t2"."watched"
          )) AS "permitted_by",
        COUNT(*) AS "every_line",
        COUNT(*) FILTER(WHERE
          "t2"."watched") AS "watched_lines",
        CAST(IF(BOOL_OR(NOT (
          "t2"."watched"
        ) AND NOT (
          "t2"."known_rule"
        )), 1, 0) AS BIGINT) AS "unknown",
        BOOL_OR("t2"."bytes_out" IS NOT NULL) AS "has_out",
        BOOL_OR("t2"."bytes_in" IS NOT NULL) AS "has_in",
        SUM("t2"."bytes_out") AS "total_out",
        SUM("t2"."bytes_in") AS "total_in",
        MIN("t2"."time") AS "first_seen",
        MAX("t2"."time") AS "last_seen"
      FROM (
        SELECT
          "t0"."time",
          "t0"."source",
          "t0"."sender",
          "t0"."agent",
          "t0"."by_agent",
          "t0"."server_name",
          "t0"."address",
          COALESCE("t0"."port", -1) AS "port",
          "t0"."protocol",
          "t0"."rule",
          "t0"."known_rule",
          "t0"."verdict",
          "t0"."enforced",
          CAST(DATE("t0"."time") AS VARCHAR) AS "flow",
          "t0"."upstream",
          "t0"."bytes_out",
          "t0"."bytes_in",
          (
            "t0"."verdict" = 'DENY'
          ) AND NOT (
            "t0"."enforced"
          ) AS "watched",
          (
            "t0"."verdict" = 'PERMIT'
          )
          AND COALESCE(SUBSTR("t0"."rule", -LENGTH('-monitor-permit')) = '-monitor-permit', FALSE) AS "fallen",
          COALESCE("t0"."server_name", "t0"."address") AS "destination"
        FROM "decisions" AS "t0"
        WHERE
          "t0"."source" IN ('gateway-l4', 'gateway-l7', 'flowiq')
          AND (
            (
              (
                "t0"."verdict" = 'DENY'
              ) AND NOT (
                "t0"."enforced"
              )
            )
            OR (
              (
                "t0"."verdict" = 'PERMIT'
              )
              AND COALESCE(SUBSTR("t0"."rule", -LENGTH('-monitor-permit')) = '-monitor-permit', FALSE)
            )
          )
          AND "t0"."flow" IS NULL
      ) AS "t2"
      GROUP BY
        1,
        2,
        3,
        4,
        5
    ) AS "t4"
  ) AS "t5"
)
SELECT
  *
FROM (
  SELECT
    "t14"."destination",
    "t14"."agent",
    "t14"."rule",
    "t14"."count",
    "t14"."bytes_out",
    "t14"."bytes_in",
    "t14"."unknown",
    "t14"."first_seen",
    "t14"."last_seen",
    "t14"."days"
  FROM (
    SELECT
      "t13"."destination",
      "t13"."agent",
      "t13"."rule",
      "t13"."count",
      IF("t13"."has_out" = 1, "t13"."bytes_out", CAST(NULL AS BIGINT)) AS "bytes_out",
      IF("t13"."has_in" = 1, "t13"."bytes_in", CAST(NULL AS BIGINT)) AS "bytes_in",
      "t13"."has_out",
      "t13"."has_in",
      "t13"."unknown",
      "t13"."first_seen",
      "t13"."last_seen",
      "t13"."days"
    FROM (
      SELECT
        "t12"."destination",
        "t12"."agent",
        "t12"."rule",
        SUM("t12"."weight") AS "count",
        SUM("t12"."bytes_out") AS "bytes_out",
        SUM("t12"."bytes_in") AS "bytes_in",
        MAX("t12"."has_out") AS "has_out",
        MAX("t12"."has_in") AS "has_in",
        MIN("t12"."unknown") AS "unknown",
        MIN("t12"."first_seen") AS "first_seen",
        MAX("t12"."last_seen") AS "last_seen",
        COUNT(DISTINCT "t12"."day") AS "days"
      FROM (
        SELECT
          "t11"."agent",
          "t11"."destination",
          "t11"."port",
          "t11"."protocol",
          "t11"."flow",
          "t11"."denied_by",
          "t11"."permitted_by",
          "t11"."lines",
          "t11"."unknown",
          "t11"."bytes_out",
          "t11"."bytes_in",
          "t11"."first_seen",
          "t11"."last_seen",
          "t11"."known",
          COALESCE(
            "t11"."denied_by",
            IF("t11"."unknown" = 1, CAST(NULL AS VARCHAR), "t11"."known"),
            "t11"."permitted_by",
            'unknown'
          ) AS "rule",
          IF(
            (
              "t11"."denied_by" IS NOT NULL
            )
            OR (
              IF("t11"."unknown" = 1, CAST(NULL AS VARCHAR), "t11"."known") IS NULL
            ),
            "t11"."lines",
            0
          ) AS "weight",
          IF("t11"."bytes_out" IS NOT NULL, 1, 0) AS "has_out",
          IF("t11"."bytes_in" IS NOT NULL, 1, 0) AS "has_in",
          DATE("t11"."first_seen") AS "day"
        FROM (
          SELECT
            "t8"."agent",
            "t8"."destination",
            "t8"."port",
            "t8"."protocol",
            "t8"."flow",
            "t8"."denied_by",
            "t8"."permitted_by",
            "t8"."lines",
            "t8"."unknown",
            "t8"."bytes_out",
            "t8"."bytes_in",
            "t8"."first_seen",
            "t8"."last_seen",
            "t10"."known"
          FROM "t6" AS "t8"
          INNER JOIN (
            SELECT
              "t7"."agent",
              "t7"."destination",
              "t7"."port",
              "t7"."protocol",
              MIN("t7"."denied_by") AS "known"
            FROM "t6" AS "t7"
            GROUP BY
              1,
              2,
              3,
              4
          ) AS "t10"
            ON "t8"."agent" = "t10"."agent"
            AND "t8"."destination" = "t10"."destination"
            AND "t8"."port" = "t10"."port"
            AND "t8"."protocol" = "t10"."protocol"
        ) AS "t11"
      ) AS "t12"
      GROUP BY
        1,
        2,
        3
    ) AS "t13"
  ) AS "t14"
) AS "t15"
ORDER BY
  "t15"."destination" ASC,
  "t15"."agent" ASC,
  "t15"."rule" ASC
