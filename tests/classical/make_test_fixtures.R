# Writes test_fixtures.json: R's answers for the tests that compare forecasts, the oracle of src/forecasting. Run with
#   Rscript tests/classical/make_test_fixtures.R > tests/classical/test_fixtures.json
# (Debian: r-base-core r-cran-forecast r-cran-jsonlite). Tests need no R.
suppressMessages({ library(forecast); library(jsonlite) })

# Errors of two forecasts of the airline months, one and three steps ahead, over the last 48 months.
y <- AirPassengers
n <- length(y)
errorsOf <- function(f, h) sapply((n - 47):n, function(t) as.numeric(y[t]) - f(as.numeric(y[1:(t - h)]), h))
last <- function(x, h) x[length(x)]
season <- function(x, h) x[length(x) + h - 12]
ratio <- function(x, h) { m <- length(x); x[m] * x[m + h - 12] / x[m - 12] }
dm <- function(a, b, h, power, estimator) {
  t <- suppressWarnings(dm.test(a, b, h = h, power = power, varestimator = estimator))
  list(h = h, power = power, estimator = estimator, statistic = unname(t$statistic), p = t$p.value)
}
cases <- list()
for (h in c(1, 3)) {
  e <- list(naive = errorsOf(last, h), seasonal = errorsOf(season, h), ratio = errorsOf(ratio, h))
  for (pair in list(c("naive", "seasonal"), c("ratio", "seasonal"), c("ratio", "naive"))) for (power in c(1, 2)) for (v in c("acf", "bartlett")) {
    if (h == 1 && v == "bartlett") next
    cases[[length(cases) + 1]] <- c(list(first = pair[1], second = pair[2], a = e[[pair[1]]], b = e[[pair[2]]]), dm(e[[pair[1]]], e[[pair[2]]], h, power, v))
  }
}
students <- do.call(rbind, lapply(c(1, 2, 3, 7, 12, 47, 400), function(df) data.frame(df = df, t = c(0.01, 0.5, 1.3, 2.1, 6, 25), p = 2 * pt(-c(0.01, 0.5, 1.3, 2.1, 6, 25), df))))

# The variance ratio test of Lo and MacKinlay (1988), written from the paper in another form than ours.
lomackinlay <- function(x, q) {
  T <- length(x) - 1
  mu <- (x[T + 1] - x[1]) / T
  one <- sum((diff(x) - mu)^2) / (T - 1)
  m <- q * (T - q + 1) * (1 - q / T)
  many <- sum((diff(x, lag = q) - q * mu)^2) / m
  delta <- sapply(1:(q - 1), function(j) {
    r <- (diff(x) - mu)^2
    T * sum(r[(j + 1):T] * r[1:(T - j)]) / sum(r)^2
  })
  theta <- sum((2 * (q - 1:(q - 1)) / q)^2 * delta)
  z <- sqrt(T) * (many / one - 1) / sqrt(theta)
  list(q = q, ratio = many / one, statistic = z, p = 2 * pnorm(-abs(z)))
}
variance <- list(
  list(series = "airline", tests = lapply(c(2, 4, 8, 16), function(q) lomackinlay(log(as.numeric(y)), q))),
  list(series = "nile", values = as.numeric(Nile), tests = lapply(c(2, 4, 8), function(q) lomackinlay(log(as.numeric(Nile)), q))),
  list(series = "dax", values = as.numeric(EuStockMarkets[1:500, "DAX"]), tests = lapply(c(2, 4, 8, 16), function(q) lomackinlay(log(as.numeric(EuStockMarkets[1:500, "DAX"])), q))))
cat(toJSON(list(versions = list(R = as.character(getRversion()), forecast = as.character(packageVersion("forecast"))), dm = cases, students = students, variance = variance), digits = 12, auto_unbox = TRUE), "\n")
