-- One AWS IoT event of the usual size a request, for wrk.
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["x-ingest-key"] = "0123456789abcdef0123456789abcdef"
wrk.body = '{"current":{"state":{"reported":{"thingnm":"iotfleet_thc_121","location":{"lat":"45.5231","lon":"-122.6765"},' ..
  '"ignition":1,"speed":31,"heading":"NNE","temperature":38.2,"address":"' .. string.rep("x", 400) .. '"}},"version":42},' ..
  '"timestamp":1763844667}'
