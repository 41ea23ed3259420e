# Writes regression.json: what R gives for regressions with ARIMA errors, the oracle of fitArima with regressors. Run with
#   Rscript tests/classical/make_regression_fixtures.R > tests/classical/regression.json
# (Debian: r-base-core r-cran-forecast r-cran-jsonlite). Tests need no R.
suppressMessages({ library(forecast); library(jsonlite) })

columns <- c("law", "PetrolPrice", "kms")
stocks <- window(EuStockMarkets, end = time(EuStockMarkets)[212])

# The last 12 months are forecast with the columns as they were.
belted <- function(fit, x) {
  f <- forecast(fit, xreg = x[181:192, , drop = FALSE])
  list(coef = as.list(coef(fit)), loglik = fit$loglik, aicc = fit$aicc, sigma2 = fit$sigma2, order = unname(fit$arma[c(1, 6, 2)]),
    seasonal = unname(fit$arma[c(3, 7, 4)]), mean = as.numeric(f$mean), upper95 = as.numeric(f$upper[, 2]))
}
x <- as.matrix(Seatbelts[, columns]); x[, "kms"] <- x[, "kms"] / 1000
train <- ts(log(Seatbelts[1:180, "drivers"]), start = c(1969, 1), frequency = 12)
fixed <- function(order, seasonal) belted(Arima(train, order = order, seasonal = seasonal, xreg = x[1:180, ]), x)

line <- tslm(train ~ trend + season + law + PetrolPrice, data = data.frame(law = x[1:180, 1], PetrolPrice = x[1:180, 2]))
lined <- forecast(line, newdata = data.frame(law = x[181:192, 1], PetrolPrice = x[181:192, 2]))

plain <- ts(as.numeric(stocks[1:200, "FTSE"]))
dax <- matrix(as.numeric(stocks[, "DAX"]), ncol = 1, dimnames = list(NULL, "DAX"))
auto <- auto.arima(plain, xreg = dax[1:200, , drop = FALSE])
autoed <- forecast(auto, xreg = dax[201:212, , drop = FALSE])

out <- list(
  versions = list(R = as.character(getRversion()), forecast = as.character(packageVersion("forecast"))),
  columns = list(drivers = as.numeric(Seatbelts[, "drivers"]), law = x[, 1], PetrolPrice = x[, 2], kms = x[, 3],
    FTSE = as.numeric(stocks[, "FTSE"]), DAX = as.numeric(stocks[, "DAX"])),
  line = list(coef = as.list(coef(line)), mean = as.numeric(lined$mean)),
  fixed = list(ar = fixed(c(1, 0, 0), c(0, 0, 0)), airline = fixed(c(0, 1, 1), c(0, 1, 1)), mixed = fixed(c(1, 0, 1), c(1, 1, 0))),
  auto = list(belts = belted(auto.arima(train, xreg = x[1:180, ]), x),
    stocks = list(coef = as.list(coef(auto)), loglik = auto$loglik, aicc = auto$aicc, order = unname(auto$arma[c(1, 6, 2)]),
      seasonal = unname(auto$arma[c(3, 7, 4)]), mean = as.numeric(autoed$mean), upper95 = as.numeric(autoed$upper[, 2]))))
cat(toJSON(out, digits = 8, auto_unbox = TRUE), "\n")
