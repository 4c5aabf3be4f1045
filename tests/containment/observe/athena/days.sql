SELECT
  *
FROM (
  SELECT
    "t3"."day",
    "t3"."destination",
    SUM("t3"."weight") AS "count",
    SUM("t3"."bytes_out") AS "bytes_out"
  FROM (
    SELECT
      "t2"."day",
      "t2"."destination",
      "t2"."agent",
      "t2"."single",
      "t2"."flow",
      "t2"."lines",
      "t2"."most",
      "t2"."total",
      IF("t2"."single", "t2"."lines", 1) AS "weight",
      COALESCE(IF("t2"."single", "t2"."total", "t2"."most"), 0) AS "bytes_out"
    FROM (
      SELECT
        "t1"."day",
        "t1"."destination",
        "t1"."agent",
        "t1"."single",
        "t1"."flow",
        COUNT(*) AS "lines",
        MAX("t1"."bytes_out") AS "most",
        SUM("t1"."bytes_out") AS "total"
      FROM (
        SELECT
          "t0"."time",
          "t0"."source",
          "t0"."sender",
          "t0"."agent",
          "t0"."by_agent",
          "t0"."server_name",
          "t0"."address",
          "t0"."port",
          "t0"."protocol",
          "t0"."rule",
          "t0"."known_rule",
          "t0"."verdict",
          "t0"."enforced",
          IF("t0"."flow" IS NULL, CAST(DATE("t0"."time") AS VARCHAR), "t0"."flow") AS "flow",
          "t0"."upstream",
          "t0"."bytes_out",
          "t0"."bytes_in",
          COALESCE("t0"."server_name", "t0"."address") AS "destination",
          DATE("t0"."time") AS "day",
          "t0"."flow" IS NULL AS "single"
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
            OR COALESCE(SUBSTR("t0"."rule", -LENGTH('-monitor-permit')) = '-monitor-permit', FALSE)
          )
      ) AS "t1"
      GROUP BY
        1,
        2,
        3,
        4,
        5
    ) AS "t2"
  ) AS "t3"
  GROUP BY
    1,
    2
) AS "t4"
ORDER BY
  "t4"."day" ASC,
  "t4"."destination" ASC
