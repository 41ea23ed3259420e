# Writes fixtures.json: what R's `forecast` package gives, the oracle of src/series/classical. Run with
#   Rscript tests/classical/make_fixtures.R > tests/classical/fixtures.json
# (Debian: r-base-core r-cran-forecast r-cran-jsonlite). Tests need no R.
suppressMessages({ library(forecast); library(jsonlite) })

y <- AirPassengers
n <- length(y)
out <- list(versions = list(R = as.character(getRversion()), forecast = as.character(packageVersion("forecast"))))

accuracyOf <- function(fit, test) list(rmse = sqrt(mean((fit - test)^2)), mape = 100 * mean(abs((fit - test) / test)))
split <- function(h) list(train = window(y, end = time(y)[n - h]), test = as.numeric(window(y, start = time(y)[n - h + 1])))

# Direct forecasts of the last 12, 24, 36 months.
out$airline <- lapply(c(12, 24, 36), function(h) {
  s <- split(h); tr <- s$train
  stlets <- stlf(tr, h = h, method = "ets", lambda = 0, s.window = 13)
  fits <- list(
    snaive = snaive(tr, h = h), theta = thetaf(tr, h = h), ets = forecast(ets(tr), h = h),
    hw = hw(tr, h = h, seasonal = "multiplicative"), arima = forecast(auto.arima(tr), h = h),
    airline = forecast(Arima(tr, order = c(0, 1, 1), seasonal = c(0, 1, 1), lambda = 0), h = h), stlets = stlets)
  c(list(h = h), lapply(fits, function(f) c(accuracyOf(as.numeric(f$mean), s$test), list(
    method = f$method, mean = as.numeric(f$mean), lower95 = as.numeric(f$lower[, ncol(f$lower)]), upper95 = as.numeric(f$upper[, ncol(f$upper)])))))
})

# Every admissible exponential smoothing model on the first 120 months: information criterion and parameters.
tr <- split(24)$train
models <- list()
for (e in c("A", "M")) for (t in c("N", "A", "M")) for (d in c(FALSE, TRUE)) for (s in c("N", "A", "M")) {
  if (t == "N" && d) next
  fit <- tryCatch(ets(tr, model = paste0(e, t, s), damped = d, restrict = FALSE, allow.multiplicative.trend = TRUE), error = function(e) NULL)
  if (is.null(fit)) next
  models[[length(models) + 1]] <- list(model = paste0(e, t, if (d) "d" else "", s), loglik = fit$loglik, aicc = fit$aicc,
    par = as.list(fit$par), mean = as.numeric(suppressWarnings(forecast(fit, h = 24, PI = FALSE)$mean)))
}
out$ets <- models

# Decomposition.
log_stl <- stl(log(tr), s.window = 13, robust = FALSE)
out$stl <- list(seasonal = as.numeric(log_stl$time.series[, 1]), trend = as.numeric(log_stl$time.series[, 2]))
robust <- stl(log(tr), s.window = "periodic", robust = TRUE)
out$stlRobust <- list(seasonal = as.numeric(robust$time.series[, 1]), trend = as.numeric(robust$time.series[, 2]))

# ARIMA by exact maximum likelihood at given orders, and automatic orders with the tests behind them.
arimaOf <- function(x, order, seasonal = c(0, 0, 0), period = 1, ...) {
  fit <- Arima(x, order = order, seasonal = list(order = seasonal, period = period), ...)
  f <- forecast(fit, h = 12)
  list(order = order, seasonal = seasonal, period = period, coef = as.list(coef(fit)), sigma2 = fit$sigma2, loglik = fit$loglik, aicc = fit$aicc,
    mean = as.numeric(f$mean), lower95 = as.numeric(f$lower[, 2]), upper95 = as.numeric(f$upper[, 2]))
}
out$arima <- list(
  list(series = "logAirline", fit = arimaOf(log(tr), c(0, 1, 1), c(0, 1, 1), 12)),
  list(series = "airline", fit = arimaOf(tr, c(2, 1, 1), c(0, 1, 0), 12)),
  list(series = "lynx", fit = arimaOf(log10(lynx), c(2, 0, 2))),
  list(series = "nile", fit = arimaOf(Nile, c(1, 1, 1))),
  list(series = "lh", fit = arimaOf(lh, c(3, 0, 0))))
autoOf <- function(x, ...) { f <- auto.arima(x, ...); list(order = unname(f$arma[c(1, 6, 2)]), seasonal = unname(f$arma[c(3, 7, 4)]), period = f$arma[5],
  constant = any(c("intercept", "drift", "mean") %in% names(coef(f))), aicc = f$aicc, mean = as.numeric(forecast(f, h = 12)$mean)) }
out$auto <- list(airline12 = autoOf(split(12)$train), airline24 = autoOf(tr), airline36 = autoOf(split(36)$train), logAirline = autoOf(log(tr)),
  nile = autoOf(Nile), lh = autoOf(lh), lynx = autoOf(lynx), uspop = autoOf(uspop), ldeaths = autoOf(ldeaths), nottem = autoOf(nottem))
tests <- function(x) list(ndiffs = ndiffs(x), nsdiffs = if (frequency(x) > 1) nsdiffs(x) else 0)
out$differences <- list(airline = tests(tr), nile = tests(Nile), lh = tests(lh), lynx = tests(lynx), uspop = tests(uspop), ldeaths = tests(ldeaths), nottem = tests(nottem))
out$lambda <- list(airline = BoxCox.lambda(tr, method = "guerrero"), lynx = BoxCox.lambda(lynx, method = "guerrero"))

# Rolling origins, six months apart: horizon 12 from 13 origins, 24 from 9. The last one as late as it can be, and again the
# first one after 48 months.
rolling <- function(h, origins, end = n) {
  starts <- seq(end - h - 6 * (origins - 1), end - h, by = 6)
  errors <- lapply(starts, function(m) {
    tr <- window(y, end = time(y)[m]); te <- as.numeric(y[(m + 1):(m + h)])
    percent <- function(f) 100 * mean(abs((f$mean - te) / te))
    c(airline = percent(forecast(Arima(tr, order = c(0, 1, 1), seasonal = c(0, 1, 1), lambda = 0), h = h)),
      stlets = percent(stlf(tr, h = h, method = "ets", lambda = 0)), snaive = percent(snaive(tr, h = h)))
  })
  list(h = h, origins = origins, end = end, mape = as.list(colMeans(do.call(rbind, errors))))
}
out$rolling <- list(rolling(12, 13), rolling(24, 9), rolling(12, 13, 132), rolling(24, 9, 120))

# The series that R ships and the tests use; the airline months are in the package already.
out$series <- list(nile = as.numeric(Nile), lh = as.numeric(lh), lynx = as.numeric(lynx), uspop = as.numeric(uspop), ldeaths = as.numeric(ldeaths), nottem = as.numeric(nottem))
cat(toJSON(out, digits = 8, auto_unbox = TRUE), "\n")
