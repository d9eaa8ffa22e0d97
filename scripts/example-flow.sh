#!/usr/bin/env bash
# Runs the whole flow of a new user against a running `npm start`, with curl: register, verify the address, sign in,
# enroll an authenticator app, sign in with it, create a workspace, create and complete a todo, list the todos, and
# delete the workspace, which requires the second factor. Prints each response, and stops at the first unexpected one.
#
#   scripts/example-flow.sh
#
# API_URL    of the api (http://127.0.0.1:3000)
# MAIL_URL   of the mailbox with the code (http://127.0.0.1:8025)
# API_TOKEN  an access token: begin signed in, without the steps about accounts and the second factor
# WS_ID      a workspace: use it, and leave it there, instead of creating one
set -euo pipefail

API_URL=${API_URL:-http://127.0.0.1:3000}
MAIL_URL=${MAIL_URL:-http://127.0.0.1:8025}
API_TOKEN=${API_TOKEN:-}
WS_ID=${WS_ID:-}
NAME=flow$(od -An -N6 -tx1 /dev/urandom | tr -d ' \n')
EMAIL=$NAME@example.com
PASSWORD='correct horse battery'
cd "$(dirname "$0")/.."

# call <expected status> <method> <path> [body]: prints the response, and keeps it in $BODY
call() {
  local answer status
  answer=$(curl -sS -X "$2" "$API_URL/v1/$3" -w '\n%{http_code}' \
    ${API_TOKEN:+-H "Authorization: Bearer $API_TOKEN"} ${4:+-H 'Content-Type: application/json' -d "$4"})
  status=${answer##*$'\n'}
  BODY=${answer%$'\n'*}
  printf '%s %s → %s\n%s\n' "$2" "${3%%\?*}" "$status" "$BODY" >&2
  [ "$status" = "$1" ] || { echo "expected $1" >&2; exit 1; }
}

# field <name>: the first text of that name in $BODY
field() { grep -o "\"$1\":\"[^\"]*" <<<"$BODY" | head -1 | cut -d'"' -f4; }

# totp [periods from now]: a code of the authenticator app; each one works once
totp() { node -p "require('otplib').generateSync({ secret: '$SECRET', epoch: Math.floor(Date.now() / 1000) + 30 * ${1:-0} })"; }

if [ -z "$API_TOKEN" ]; then
  call 202 POST auth/register "{\"email\":\"$EMAIL\",\"username\":\"$NAME\",\"password\":\"$PASSWORD\",\"name\":\"Example Flow\"}"
  for _ in $(seq 300); do
    CODE=$(curl -sS "$MAIL_URL/api/messages?to=$EMAIL" | grep -o 'your code is [0-9]*' | head -1 | grep -o '[0-9]*$' || true)
    [ -n "$CODE" ] && break
    sleep 0.2
  done
  call 200 POST auth/verify "{\"email\":\"$EMAIL\",\"code\":\"$CODE\"}"

  call 200 POST auth/login "{\"email\":\"$EMAIL\",\"password\":\"$PASSWORD\"}"
  API_TOKEN=$(field accessToken)
  call 200 POST auth/totp/initiate '{}'
  SECRET=$(field secret)
  call 200 POST auth/totp/verify "{\"code\":\"$(totp)\"}"

  API_TOKEN=
  call 200 POST auth/login "{\"email\":\"$EMAIL\",\"password\":\"$PASSWORD\"}"
  # The code of the next period, which is accepted already: the one of this period is used up.
  call 200 POST auth/mfa "{\"mfaToken\":\"$(field mfaToken)\",\"code\":\"$(totp 1)\"}"
  API_TOKEN=$(field accessToken)
fi

CREATED=
if [ -z "$WS_ID" ]; then
  call 201 POST workspaces '{"name":"Example flow"}'
  WS_ID=$(field id)
  CREATED=yes
fi

call 201 POST "workspaces/$WS_ID/todos" '{"title":"Count the swifts","priority":"high"}'
TODO_ID=$(field id)
call 200 PATCH "todos/$TODO_ID/complete"
[ "$(field status)" = COMPLETED ] || { echo 'not completed' >&2; exit 1; }
call 200 GET "workspaces/$WS_ID/todos"
grep -q "\"id\":\"$TODO_ID\"" <<<"$BODY" || { echo 'not listed' >&2; exit 1; }

[ -z "$CREATED" ] || call 204 DELETE "workspaces/$WS_ID"
echo "done: user $NAME, workspace $WS_ID, todo $TODO_ID"
