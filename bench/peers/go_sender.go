// A push by net/http's interface on golang.org/x/net/http2, as Go's APNs clients send it: one
// Transport, so many goroutines, the token signed once.
// usage: go_sender JOB.json      (the job: see ../peers.py)
package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/http2"
)

type job struct {
	Host       string `json:"host"`
	Port       int    `json:"port"`
	CaFile     string `json:"ca_file"`
	KeyFile    string `json:"key_file"`
	KeyID      string `json:"key_id"`
	TeamID     string `json:"team_id"`
	Topic      string `json:"topic"`
	Title      string `json:"title"`
	Body       string `json:"body"`
	URL        string `json:"url"`
	IDPrefix   string `json:"id_prefix"`
	Expiration int64  `json:"expiration"`
	Pushes     int64  `json:"pushes"`
	InFlight   int    `json:"in_flight"`
}

type alert struct {
	Title string `json:"title"`
	Body  string `json:"body"`
}

type aps struct {
	Alert alert  `json:"alert"`
	Sound string `json:"sound"`
}

type payload struct {
	Aps aps    `json:"aps"`
	URL string `json:"url"`
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func bearer(wanted *job) string {
	text, err := os.ReadFile(wanted.KeyFile)
	must(err)
	block, _ := pem.Decode(text)
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	must(err)
	encode := base64.RawURLEncoding.EncodeToString
	token := encode([]byte(`{"alg":"ES256","kid":"`+wanted.KeyID+`"}`)) + "." +
		encode([]byte(fmt.Sprintf(`{"iss":"%s","iat":%d}`, wanted.TeamID, time.Now().Unix())))
	digest := sha256.Sum256([]byte(token))
	r, s, err := ecdsa.Sign(rand.Reader, parsed.(*ecdsa.PrivateKey), digest[:])
	must(err)
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return "bearer " + token + "." + encode(signature)
}

func client(wanted *job) *http.Client {
	authority, err := os.ReadFile(wanted.CaFile)
	must(err)
	trust := x509.NewCertPool()
	trust.AppendCertsFromPEM(authority)
	return &http.Client{Transport: &http2.Transport{
		TLSClientConfig:            &tls.Config{RootCAs: trust},
		StrictMaxConcurrentStreams: true,
	}}
}

func push(through *http.Client, wanted *job, authorization string, number int64) {
	body, err := json.Marshal(payload{aps{alert{wanted.Title, wanted.Body}, "default"}, wanted.URL})
	must(err)
	url := fmt.Sprintf("https://%s:%d/3/device/%064x", wanted.Host, wanted.Port, number)
	request, err := http.NewRequest("POST", url, bytes.NewReader(body))
	must(err)
	id := fmt.Sprintf("%s%012x", wanted.IDPrefix, number)
	request.Header.Set("authorization", authorization)
	request.Header.Set("apns-topic", wanted.Topic)
	request.Header.Set("apns-push-type", "alert")
	request.Header.Set("apns-priority", "10")
	request.Header.Set("apns-expiration", strconv.FormatInt(wanted.Expiration, 10))
	request.Header.Set("apns-id", id)
	request.Header.Set("apns-collapse-id", id)
	answer, err := through.Do(request)
	must(err)
	reason, err := io.ReadAll(answer.Body)
	must(err)
	must(answer.Body.Close())
	if answer.StatusCode != http.StatusOK {
		log.Fatal(answer.Status, " ", string(reason))
	}
}

func main() {
	text, err := os.ReadFile(os.Args[1])
	must(err)
	wanted := job{}
	must(json.Unmarshal(text, &wanted))
	through, authorization := client(&wanted), bearer(&wanted)
	var next, sent int64
	var all sync.WaitGroup
	for i := 0; i < wanted.InFlight; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			for {
				number := atomic.AddInt64(&next, 1) - 1
				if number >= wanted.Pushes {
					return
				}
				push(through, &wanted, authorization, number)
				atomic.AddInt64(&sent, 1)
			}
		}()
	}
	all.Wait()
	fmt.Printf("{\"sent\": %d}\n", sent)
}
